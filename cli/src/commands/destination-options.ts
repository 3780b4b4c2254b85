import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readPrivate } from '../dev/private-file.ts';
import { Problem } from '../problem.ts';
import { wholeNumber } from '../remote/remote-command.ts';
import { type Options, textOption } from '../terminal/command.ts';
import { addExpression } from './filter-expression.ts';
import { append, listSetting } from './key-options.ts';

const NONE = 'none';

/** Gives a command the options for what a destination takes and how it is sent to. */
export function takesDestination(command: Command): Command {
  return command
    .option('--url <url>', 'an https:// address')
    .option(
      '--filter <expression>',
      'take only: platform=…, type=order.*, endpoint=…, or a condition on the body such as .data.amount>100; repeat it for more, all have to hold; none takes everything',
      (text: string, before: object | undefined) => addExpression(text, before),
    )
    .option('--filter-file <path>', 'the same as JSON, as docs/destinations.md describes it')
    .option(
      '--order-by <what>',
      'keep the order: all, endpoint, a path in the body such as .data.orderId, or none',
      order,
    )
    .addOption(
      new Option('--signature <kind>', 'how deliveries are signed').choices([
        'standard-webhooks',
        'standard-webhooks-v1a',
        'both',
        'platform',
      ]),
    )
    .option('--timeout-ms <ms>', 'for one attempt, or none for the default', numberOrNone)
    .option('--concurrency <count>', 'attempts under way at once from a node, or none', numberOrNone)
    .option('--rate <count>', 'attempts in a second from a node, or none', numberOrNone)
    .option('--schedule <seconds>', 'between attempts, such as 5,60,3600, or none for the default', schedule)
    .option('--pass-header <name>', 'a field of the platform’s webhook that goes on; can be repeated', append)
    .option('--headers-file <path>', 'fields of its own: JSON of names and values, in a file of mode 0600')
    .option('--client-certificate <path>', 'what it is shown when it asks who calls, in PEM; or none')
    .option('--client-key-file <path>', 'the key of that certificate, in PEM, in a file of mode 0600');
}

/** What the options say, as the gateway takes it. */
export async function destinationBody(options: Options): Promise<Readonly<Record<string, unknown>>> {
  const filterFile = textOption(options, 'filterFile');
  const headersFile = textOption(options, 'headersFile');
  const said = {
    url: textOption(options, 'url'),
    filter:
      filterFile === undefined ? options['filter'] : jsonOf(await readFile(filterFile, 'utf8'), filterFile),
    orderBy: options['orderBy'],
    signature: textOption(options, 'signature'),
    timeoutMs: options['timeoutMs'],
    concurrency: options['concurrency'],
    ratePerSecond: options['rate'],
    scheduleSeconds: options['schedule'],
    passHeaders: listSetting(options, 'passHeader'),
    headers: headersFile === undefined ? undefined : jsonOf(await privateText(headersFile), headersFile),
    clientCertificate: await certificateOf(options),
  };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value === NONE ? null : value]));
}

async function certificateOf(options: Options): Promise<unknown> {
  const certificate = textOption(options, 'clientCertificate');
  const key = textOption(options, 'clientKeyFile');
  if (certificate === undefined || certificate === NONE) return certificate;
  if (key === undefined)
    throw new Problem({
      code: 'USAGE',
      message: 'A client certificate needs its key.',
      remedy: 'Name it with --client-key-file.',
      exitCode: 2,
    });
  return { certificate: await readFile(certificate, 'utf8'), key: await privateText(key) };
}

async function privateText(path: string): Promise<string> {
  const text = await readPrivate(path);
  if (text !== null) return text;
  throw new Problem({
    code: 'SECRET_FILE_REFUSED',
    message: `${path} is not a file that only you can read.`,
    remedy: 'It must be there, be yours, and have mode 0600.',
  });
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem({ code: 'FILE_MALFORMED', message: `${path} is not JSON.`, remedy: 'Correct it.' });
  }
}

function order(text: string): unknown {
  if (text === NONE || text === 'all' || text === 'endpoint') return text;
  if (!/^\.[^.]+(?:\.[^.]+)*$/.test(text))
    throw new InvalidArgumentError('It is all, endpoint, none, or a path such as .data.orderId.');
  return { path: text.slice(1).split('.') };
}

function numberOrNone(text: string): unknown {
  return text === NONE ? text : Number(wholeNumber(text));
}

function schedule(text: string): unknown {
  return text === NONE ? text : text.split(',').map((each) => Number(wholeNumber(each)));
}
