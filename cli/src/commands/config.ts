import type { Command } from 'commander';
import { runs } from '../terminal/command.ts';

const FILE = [
  '--config <file>',
  'the configuration file; sallyport.yaml where the command runs, if it is there',
] as const;

/** `sallyport config`: what is set, from where, and whether it is fit for production. */
export function addConfig(program: Command): void {
  const config = program.command('config').description('The configuration: what is set, and from where.');
  const explain = config
    .command('explain')
    .description('Show every setting with its value and where that came from. Secrets are not shown.')
    .option(...FILE);
  runs(explain, async ({ terminal, options }) => {
    const { explainConfig, explainText } = await import('@sallyport/gateway/base');
    const { loadNamed } = await import('../production/load.ts');
    const loaded = loadNamed(options);
    const settings = explainConfig(loaded);
    terminal.data({ file: loaded.file, settings }, () => explainText(settings));
    if (!terminal.json)
      terminal.say(loaded.file === null ? 'There is no configuration file.' : `File: ${loaded.file}`);
  });

  const check = config
    .command('check')
    .description('Check the configuration as `up` would: fails when it would refuse to start.')
    .option(...FILE);
  runs(check, async ({ terminal, options }) => {
    const { loadNamed } = await import('../production/load.ts');
    const { refuseInsecure } = await import('../production/open-gateway.ts');
    const { config: loaded, file } = loadNamed(options);
    refuseInsecure(loaded);
    terminal.data({ ok: true, file }, () => 'The configuration is fit for production.');
  });
}
