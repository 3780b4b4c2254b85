import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageProblem } from '../problem.ts';
import { wholeNumber } from '../remote/remote-command.ts';
import type { Options } from '../terminal/command.ts';
import { parseDuration } from '../terminal/duration.ts';

/** What takes a setting away again. */
const NONE = 'none';
const BINDING_KINDS: readonly string[] = Object.freeze(['connection', 'destination', 'policy']);

/** Gives a command the options for what a key may do, from where, how often, and whose it is. */
export function takesSettings(command: Command): Command {
  return command
    .option('--scope <scope>', 'what it may do; can be repeated (see `sallyport keys scopes`)', append)
    .option('--bind <kind:id>', 'the one object it may act on, such as connection:con_…', binding)
    .addOption(
      new Option('--expires-at <when>', 'when it ends, such as 2027-01-31T12:00:00Z').argParser(time),
    )
    .addOption(
      new Option('--expires-in <span>', 'the same from now on, such as 90d')
        .argParser(expiry)
        .conflicts('expiresAt'),
    )
    .option('--allow-address <range>', 'from where it may be used; can be repeated', append)
    .option('--allow-origin <origin>', 'which pages may present it; can be repeated; best none', append)
    .option('--requests-per-minute <count>', 'its own limit', count)
    .option('--signed-only', 'take its requests only when they are signed')
    .option('--owner <who>', 'whose it is')
    .option('--note <text>', 'what it is for');
}

/** The settings that options name, as the gateway takes them; `none` takes one away. */
export function settingsOf(options: Options): Readonly<Record<string, unknown>> {
  const settings = {
    scopes: listSetting(options, 'scope'),
    boundTo: options['bind'],
    expiresAt: options['expiresIn'] ?? options['expiresAt'],
    allowedAddresses: listSetting(options, 'allowAddress'),
    allowedOrigins: listSetting(options, 'allowOrigin'),
    requestsPerMinute: options['requestsPerMinute'],
    signedOnly: options['signedOnly'],
    owner: options['owner'],
    note: options['note'],
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value === NONE ? null : value]));
}

/** The texts of an option that was given, `[]` for `none` alone; `undefined` when it was not given. */
export function listSetting(options: Options, name: string): readonly string[] | undefined {
  const given = options[name];
  if (!Array.isArray(given)) return undefined;
  const texts = given.filter((text) => typeof text === 'string');
  if (!texts.includes(NONE)) return texts;
  if (texts.length === 1) return [];
  throw usageProblem('Beside "none" there can be nothing else.', 'Give "none" alone, or leave it out.');
}

/** Collects an option that can be repeated; it stays undefined when it is not given. */
export function append(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, given];
}

function binding(given: string): { kind: string; id: string } | string {
  if (given === NONE) return NONE;
  const colon = given.indexOf(':');
  const [kind, id] = [given.slice(0, Math.max(colon, 0)), given.slice(colon + 1)];
  if (BINDING_KINDS.includes(kind) && id !== '') return { kind, id };
  throw new InvalidArgumentError(`It is ${BINDING_KINDS.map((known) => `${known}:…`).join(', ')} or none.`);
}

function count(given: string): number | string {
  return given === NONE ? NONE : Number(wholeNumber(given));
}

function expiry(given: string): string {
  return given === NONE ? NONE : new Date(Date.now() + parseDuration(given) * 1_000).toISOString();
}

/** A moment with its offset; a day alone is its beginning in UTC. What is no day of the calendar is refused. */
function time(given: string): string {
  if (given === NONE) return NONE;
  const [, day = '', clock] = /^(\d{4}-\d\d-\d\d)(T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.exec(given) ?? [];
  const start = Date.parse(day);
  const at = clock === undefined ? start : Date.parse(given);
  const isDay = !Number.isNaN(start) && new Date(start).toISOString().startsWith(day);
  if (day !== '' && isDay && !Number.isNaN(at)) return new Date(at).toISOString();
  throw new InvalidArgumentError('It is a time such as 2027-01-31T12:00:00Z, or a day such as 2027-01-31.');
}
