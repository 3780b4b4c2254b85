import { type Command, InvalidArgumentError } from 'commander';
import { usageProblem } from '../problem.ts';
import { wholeNumber } from '../remote/remote-command.ts';
import { listOption, type Options, textOption } from '../terminal/command.ts';

const SETTINGS_BYTES_MAX = 256 * 1024;
const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** Gives a command the options for what an endpoint does with webhooks; what they can't say stands in a file. */
export function takesSettings(command: Command): Command {
  return command
    .option(
      '--event-type <type>',
      'keep this type only, or all that begin so: order.*; repeat it for more',
      collect,
      [],
    )
    .option('--tolerance-seconds <count>', 'how far a signed time may be off', wholeNumber)
    .option('--body-bytes-max <count>', 'the largest body', wholeNumber)
    .option('--notification-url <url>', 'the address exactly as the platform has it, where it signs that')
    .option(
      '--parameter <name=value>',
      'what the scheme asks for besides a secret; repeat it for more',
      pair,
      [],
    )
    .option('--keep-header <name>', 'keep this header with events; repeat it for more', collect, [])
    .option(
      '--settings-file <path>',
      'JSON with settings such as schemas, expectations and confirm; - reads standard input',
    );
}

/** The settings that were named. What stands in the file gives way to an option. */
export async function settingsOf(options: Options): Promise<Readonly<Record<string, unknown>>> {
  const file = textOption(options, 'settingsFile');
  const settings = file === undefined ? {} : await jsonFile(file, '--settings-file');
  const named = {
    eventTypes: someOf(options, 'eventType'),
    keepHeaders: someOf(options, 'keepHeader'),
    toleranceSeconds: numberOf(options, 'toleranceSeconds'),
    bodyBytesMax: numberOf(options, 'bodyBytesMax'),
    url: textOption(options, 'notificationUrl'),
    parameters: parametersOf(options),
  };
  return {
    ...settings,
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  };
}

/** An object of JSON out of a file or standard input. */
export async function jsonFile(path: string, option: string): Promise<Readonly<Record<string, unknown>>> {
  const { readFile } = await import('node:fs/promises');
  const bytes = await readFile(path === '-' ? '/dev/stdin' : path).catch(() => {
    throw usageProblem(
      `The file of ${option} can't be read.`,
      'Give the path of a file with JSON, or - for standard input.',
    );
  });
  if (bytes.length > SETTINGS_BYTES_MAX)
    throw usageProblem(`The file of ${option} is too large.`, `It has at most ${SETTINGS_BYTES_MAX} bytes.`);
  const value = parsed(bytes.toString('utf8'));
  if (value === null)
    throw usageProblem(`The file of ${option} holds no object of JSON.`, 'See docs/endpoints.md.');
  return value;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function pair(text: string, before: readonly string[]): readonly string[] {
  if (!/^[^=]+=./.test(text)) throw new InvalidArgumentError('It is a name, = and a value.');
  return [...before, text];
}

function parametersOf(options: Options): Readonly<Record<string, string>> | undefined {
  const pairs = listOption(options, 'parameter').map((text): [string, string] => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

function someOf(options: Options, name: string): readonly string[] | undefined {
  const texts = listOption(options, name);
  return texts.length === 0 ? undefined : texts;
}

function numberOf(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  return text === undefined ? undefined : Number(text);
}
