import { loadConfig } from '@sallyport/gateway/base';
import { type Options, textOption } from '../terminal/command.ts';

/** The configuration that a command line names. */
export function loadNamed(options: Options): ReturnType<typeof loadConfig> {
  const file = textOption(options, 'config');
  return loadConfig(file === undefined ? {} : { file });
}
