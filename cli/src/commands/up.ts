import type { Command } from 'commander';
import { type Called, runs } from '../terminal/command.ts';

/** `sallyport up`: the start in production. */
export function addUp(program: Command): void {
  const command = program
    .command('up')
    .description('Start a gateway in production. Refuses an insecure configuration, naming every finding.')
    .option(
      '--config <file>',
      'the configuration file; sallyport.yaml where the command runs, if it is there',
    )
    .option('--migrate', 'bring the database up to date first')
    .option('--create-root-key', 'make the root key when there is none: for the very first start');
  runs(command, up);
}

async function up({ terminal, options }: Called): Promise<void> {
  const { runUp } = await import('../production/run-up.ts');
  await runUp({
    terminal,
    options,
    migrate: options['migrate'] === true,
    createRootKey: options['createRootKey'] === true,
  });
}
