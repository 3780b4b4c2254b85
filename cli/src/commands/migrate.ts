import type { Command } from 'commander';
import { runs } from '../terminal/command.ts';

/** `sallyport migrate`: brings the database up to date. */
export function addMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description('Bring the configured database up to date. Nothing happens when it is.')
    .option(
      '--config <file>',
      'the configuration file; sallyport.yaml where the command runs, if it is there',
    );
  runs(command, async ({ terminal, options }) => {
    const { loadNamed } = await import('../production/load.ts');
    const { migrateDatabase } = await import('../production/migrate-database.ts');
    const { talkingLog } = await import('../terminal/talking-log.ts');
    const { config } = loadNamed(options);
    const { applied, version } = await migrateDatabase(config, talkingLog(terminal));
    const count = applied.length;
    terminal.data({ applied, version }, () =>
      count === 0
        ? `The database is up to date, at version ${version}.`
        : `${count} applied; the database is at version ${version}.`,
    );
  });
}
