// node:crypto here: the name of a rotation, under which its answer can be asked for again.
import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { Problem } from '../problem.ts';
import { callsGateway, segment, understood } from '../remote/remote-command.ts';
import type { callerShape } from '../remote/shapes.ts';
import { textOption } from '../terminal/command.ts';
import { parseDuration } from '../terminal/duration.ts';
import { confirmed } from '../terminal/secret.ts';
import { table } from '../terminal/table.ts';
import { retire } from './in-use.ts';
import { append, listSetting } from './key-options.ts';

const shapes = () => import('../remote/shapes.ts');
const KEY = 'the id of the key, key_…';
const DAYS_MAX = 35;

/** `sallyport keys rotate`, `retire`, `callers` and `try-addresses`: who uses a key, and what follows from it. */
export function addKeyUses(keys: Command): void {
  const rotate = keys
    .command('rotate')
    .description(
      'Make a new secret that works at once, printed this once. Those before it end after the overlap.',
    )
    .argument('<id>', KEY)
    .option('--overlap <span>', 'how long they work on, such as 24h; 0s ends them at once', parseDuration)
    .option('--request-key <text>', 'of a rotation whose answer was lost: prints the same secret again');
  callsGateway(rotate, async ({ client, terminal, options, args }) => {
    const overlapSeconds = options['overlap'];
    const idempotencyKey = textOption(options, 'requestKey') ?? requestKeyFor(overlapSeconds);
    const path = `/keys/${segment(args[0])}/rotate`;
    const document = await client
      .call({ method: 'POST', path, body: { overlapSeconds }, idempotencyKey })
      .catch(async (thrown: unknown) => {
        throw await lost(thrown, idempotencyKey);
      });
    const { id, secret, previousRetireAt } = understood((await shapes()).rotatedShape, document);
    terminal.data(document, () => secret);
    if (terminal.json) return;
    terminal.say(`Made ${id}. The key above is shown this once: keep it where secrets are kept.`);
    terminal.say(
      `The secrets before it end ${previousRetireAt}; see who still uses them: sallyport keys callers ${args[0] ?? ''}`,
    );
  });

  const retiring = keys
    .command('retire')
    .description('End an old secret now. One that was used lately is refused, with who used it.')
    .argument('<id>', KEY)
    .argument('<secret>', 'the id of the secret, sec_…, as `sallyport keys show` lists it')
    .option('--force', 'even if it is in use')
    .option('--yes', 'do not ask');
  callsGateway(retiring, async (called) => {
    const [id, secret = ''] = called.args;
    await confirmed({ ...called, question: `End ${secret}? Whoever uses it is refused at once.` });
    const body = { secret, force: called.options['force'] === true };
    await retire(called.client, { path: `/keys/${segment(id)}/retire`, key: id, body });
    called.terminal.data({ id: secret, retired: true }, () => `${secret} is retired.`);
  });

  const callers = keys
    .command('callers')
    .description('Tell who used a key: from where, as what, with which of its secrets, how often.')
    .argument('<id>', KEY)
    .option('--days <count>', `how far back, up to ${DAYS_MAX}; 1 unless given`, days);
  callsGateway(callers, async ({ client, terminal, options, args }) => {
    const query = { days: textOption(options, 'days') };
    const path = `/keys/${segment(args[0])}/callers`;
    const document = await client.call({ method: 'GET', path, query });
    const { items } = understood((await shapes()).callersShape, document);
    terminal.data(document, () => callerTable(items));
    if (items.length === 0 && !terminal.json) terminal.say('Nobody used it in that time.');
  });

  const trial = keys
    .command('try-addresses')
    .description(
      "Tell which of the last day's callers an allowlist would refuse. Changes nothing; fails if any.",
    )
    .argument('<id>', KEY)
    .requiredOption('--allow-address <range>', 'an address or a range; can be repeated', append);
  callsGateway(trial, async ({ client, terminal, options, args }) => {
    const body = { allowedAddresses: listSetting(options, 'allowAddress') };
    const path = `/keys/${segment(args[0])}/try-addresses`;
    const document = await client.call({ method: 'POST', path, body });
    const { passing, refused } = understood((await shapes()).trialShape, document);
    terminal.data(document, () => (refused.length === 0 ? '' : callerTable(refused)));
    if (refused.length > 0) process.exitCode = 1;
    if (terminal.json) return;
    const many = refused.length === 1 ? 'The caller above' : `The ${refused.length} callers above`;
    terminal.say(
      refused.length === 0 ? 'No caller of the last day would be refused.' : `${many} would be refused.`,
    );
    terminal.say(`${passing} ${passing === 1 ? 'use' : 'uses'} of the last day would pass.`);
  });
}

function callerTable(items: readonly z.output<typeof callerShape>[]): string {
  return table({
    columns: ['CREDENTIAL', 'ADDRESS', 'AGENT', 'USES', 'FIRST', 'LAST'],
    rows: items.map(({ credential, address, agent, uses, firstUsedAt, lastUsedAt }) => [
      credential,
      address,
      agent === '' ? '–' : agent,
      String(uses),
      firstUsedAt,
      lastUsedAt,
    ]),
    none: '',
  });
}

/** One for each rotation, so that it can be repeated; none where no old secret is left to lose an answer with. */
function requestKeyFor(overlapSeconds: unknown): string | undefined {
  return overlapSeconds === 0 ? undefined : randomUUID();
}

/** Where the outcome is unknown, how to ask for the same secret again. */
async function lost(thrown: unknown, requestKey: string | undefined): Promise<unknown> {
  if (!(thrown instanceof Problem) || !(await isUncertain(thrown.code))) return thrown;
  const { code, message, fields, request } = thrown;
  const again =
    requestKey === undefined
      ? 'Look at `sallyport keys show`: if a secret was made, rotate again and retire that one.'
      : `If a secret was made, this prints it: add --request-key ${requestKey}, within some minutes.`;
  return new Problem({ code, message, remedy: `${thrown.remedy} ${again}`.trim(), fields, request });
}

/** Whether the gateway may have done it although it did not say so. */
async function isUncertain(code: string): Promise<boolean> {
  const { FAULTS } = await import('@sallyport/gateway/base');
  const status = Object.entries(FAULTS).find(([name]) => name === code)?.[1].status;
  return status === undefined ? code === 'UNREACHABLE' || code === 'NOT_A_GATEWAY' : status >= 500;
}

function days(given: string): string {
  if (/^[1-9]\d?$/.test(given) && Number(given) <= DAYS_MAX) return given;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${DAYS_MAX}.`);
}
