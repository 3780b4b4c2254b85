import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { usageProblem } from '../problem.ts';
import { listOption, type Options, runs, textOption } from '../terminal/command.ts';
import { readSecret, takesSecret } from '../terminal/secret.ts';
import { facts, table } from '../terminal/table.ts';
import { visible } from '../terminal/terminal.ts';

const given = () => import('../schemes/given.ts');
const loaded = () => import('@sallyport/schemes');

/** `sallyport schemes`: what platforms sign, tried offline on a message that came or is to go. */
export function addSchemes(program: Command): void {
  const schemes = program
    .command('schemes')
    .description('Webhook signatures: what platforms sign, tried without a gateway.');
  addTable(schemes);
  addVerify(schemes);
  addSign(schemes);
}

function addTable(schemes: Command): void {
  runs(schemes.command('list').description('List the schemes that are known.'), async ({ terminal }) => {
    const { SCHEMES } = await loaded();
    const { describe } = await import('../schemes/description.ts');
    const rows = Object.values(SCHEMES).sort((left, right) => (left.name < right.name ? -1 : 1));
    terminal.data({ items: rows }, () =>
      table({
        columns: ['SCHEME', 'PLATFORM', 'SIGNATURE', 'TIME', 'CHECKED'],
        rows: rows.map((scheme) => {
          const { header, time } = describe(scheme);
          return [scheme.name, scheme.title, header, time, scheme.checked.ways];
        }),
        none: '',
      }),
    );
  });

  const show = schemes
    .command('show')
    .description('Show what a scheme signs, what it leaves open, and what says so.')
    .argument('<scheme>', 'such as stripe');
  runs(show, async ({ terminal, args }) => {
    const scheme = await (await given()).schemeOf(args[0]);
    const { describe } = await import('../schemes/description.ts');
    const { header, also, content, algorithm, encoding, time, secret } = describe(scheme);
    const { against, ways } = scheme.checked;
    terminal.data(scheme, () =>
      facts([
        ['scheme', scheme.name],
        ['platform', scheme.title],
        ['signature', header],
        ...also.map((name) => ['also read', name] as const),
        ['signed', content],
        ['algorithm', `${algorithm}, ${encoding}`],
        ['time', time],
        ['secret', secret],
        ...scheme.parameters.map(({ name, meaning }) => ['parameter', `${name}: ${meaning}`] as const),
        ...scheme.notCovered.map((phrase) => ['not covered', phrase] as const),
        ...scheme.differences.map((phrase) => ['difference', phrase] as const),
        ['checked', ways === 'none' ? 'against nothing independent' : `${ways}: ${against}`],
        ['source', scheme.source],
      ]),
    );
  });
}

function addVerify(schemes: Command): void {
  const verify = schemes
    .command('verify')
    .description('Say whether a message is signed as it should be, and if not, why. Exit code 1 when not.')
    .requiredOption('--headers <file>', 'its headers, a "name: value" line each')
    .requiredOption('--body <file>', 'its body, byte for byte')
    .option('--target <target>', 'path and query that were called, where the scheme signs some of it')
    .option('--tolerance <seconds>', 'in place of the scheme’s own')
    .option(
      '--reveal',
      'show the signed string and whole signatures: who reads them can send such a message',
    );
  runs(takesMessage(verify), async ({ terminal, options }) => {
    const { explain, verify: verifyMessage } = await loaded();
    const { callersFault, readHeaders, readBody, schemeOf, verifierOf } = await given();
    const scheme = await schemeOf(textOption(options, 'scheme'), textOption(options, 'configuration'));
    const secret = await readSecret(options, { terminal, what: `The secret of ${scheme.title}` });
    const input = {
      scheme,
      secrets: [{ id: 'the secret given', bytes: verifierOf(scheme, secret) }],
      rawHeaders: await readHeaders(textOption(options, 'headers') ?? ''),
      body: await readBody(textOption(options, 'body') ?? ''),
      target: textOption(options, 'target'),
      toleranceSeconds: secondsOf(options),
      ...(await circumstances(options)),
    };
    const verdict = callersFault(() => verifyMessage(input));
    const explanation = explain(input, verdict, { reveal: options['reveal'] === true });
    terminal.data({ ok: verdict.ok, ...explanation }, () => explanation.lines.map(visible).join('\n'));
    if (!verdict.ok) process.exitCode = 1;
  });
}

function addSign(schemes: Command): void {
  const sign = schemes
    .command('sign')
    .description('Sign a message as the platform would: prints the headers to send with the body.')
    .requiredOption('--body <file>', 'its body, byte for byte')
    .option('--id <id>', 'the id of the message, where the scheme signs one')
    .option('--out <file>', 'where to write the body, which some schemes sign inside');
  runs(takesMessage(sign), async ({ terminal, options }) => {
    const { sign: signMessage } = await loaded();
    const { callersFault, readBody, schemeOf, signerOf } = await given();
    const scheme = await schemeOf(textOption(options, 'scheme'), textOption(options, 'configuration'));
    const secret = await readSecret(options, { terminal, what: `The secret of ${scheme.title}` });
    const body = await readBody(textOption(options, 'body') ?? '');
    const input = {
      scheme,
      secrets: [signerOf(scheme, secret)],
      body,
      id: textOption(options, 'id'),
      ...(await circumstances(options)),
    };
    const signed = callersFault(() => signMessage(input));
    const out = textOption(options, 'out');
    const isSame = Buffer.from(signed.body).equals(body);
    if (!isSame && out === undefined)
      throw usageProblem('This scheme signs inside the body.', 'Say with --out where to write it.');
    if (out !== undefined) await writeFile(out, signed.body);
    terminal.data({ headers: signed.headers, body: out ?? textOption(options, 'body') }, () =>
      signed.headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
    );
    if (!isSame && !terminal.json) terminal.say(`The signature is in the body: ${out}`);
  });
}

/** What verifying and signing have in common. */
function takesMessage(command: Command): Command {
  const collect = (pair: string, before: readonly string[]): readonly string[] => [...before, pair];
  return takesSecret(
    command
      .requiredOption('--scheme <scheme>', 'such as stripe; see `schemes list`')
      .option('--configuration <file>', 'of the scheme generic, as JSON')
      .option('--url <url>', 'the address as configured at the platform, where the scheme signs it')
      .option('--parameter <name=value>', 'what the scheme asks for besides; repeat it for more', collect, [])
      .option(
        '--at <time>',
        'the moment of receiving or sending, as in 2026-01-31T12:00:00Z; now when not given',
      ),
    'the secret or key',
  );
}

async function circumstances(options: Options) {
  const { parametersOf, timeOf } = await given();
  return {
    url: textOption(options, 'url'),
    parameters: parametersOf(listOption(options, 'parameter')),
    nowMs: timeOf(textOption(options, 'at')),
  };
}

function secondsOf(options: Options): number | undefined {
  const text = textOption(options, 'tolerance');
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text) && seconds <= 86_400) return seconds;
  throw usageProblem('--tolerance is no number of seconds.', 'Give 0 to 86400.');
}
