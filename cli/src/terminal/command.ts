import type { Command } from 'commander';
import { createTerminal, type Terminal } from './terminal.ts';

/** The options of a command as commander gives them, to be parsed by the command. */
export type Options = Readonly<Record<string, unknown>>;

export interface Called {
  readonly terminal: Terminal;
  readonly options: Options;
  readonly args: readonly string[];
}

/** Gives a command `--json` and its action. */
export function runs(command: Command, action: (called: Called) => Promise<void>): Command {
  return command
    .option('--json', 'write one JSON document (NDJSON for streams) to stdout')
    .action(async () => {
      const options: Options = command.opts();
      const terminal = createTerminal({ json: options['json'] === true });
      await action({ terminal, options, args: command.args });
    });
}

/** The text of an option, or nothing. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The texts of an option that can be repeated. */
export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
