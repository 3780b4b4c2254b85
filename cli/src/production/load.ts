import { type Config, loadConfig } from '@sallyport/gateway/base';
import type { Command } from 'commander';
import { type Options, textOption } from '../terminal/command.ts';

/** Gives a command `--config`. */
export function takesConfig(command: Command): Command {
  return command.option(
    '--config <file>',
    'the configuration file; sallyport.yaml where the command runs, if it is there',
  );
}

/** The configuration that a command line names. */
export function loadNamed(options: Options): ReturnType<typeof loadConfig> {
  const file = textOption(options, 'config');
  return loadConfig(file === undefined ? {} : { file });
}

export type { Config };
