// A process with an embedded server that commits one row after the other and prints the id of each that is committed,
// until it is killed; those that were there before first, after `had`. Its state folder is its one argument.
import { limitsWith, silentLog, systemClock } from '#base';
import { createStore, migrate, startEmbedded, storeMigrations } from '#store';
import { environment, insertNote, noteIds, notesMigration } from '../notes.fixture.ts';

const [directory = ''] = process.argv.slice(2);
try {
  const { url } = await startEmbedded({ directory, log: silentLog });
  await migrate({ url, migrations: [...storeMigrations, notesMigration], log: silentLog });
  const store = await createStore({ url, limits: limitsWith(), log: silentLog, clock: systemClock });
  for (const id of await store.system((tx) => tx.rows(noteIds, []))) process.stdout.write(`had ${id}\n`);
  for (;;) {
    const id = environment();
    await store.transaction(id, (tx) => tx.run(insertNote, [id, id]));
    process.stdout.write(`${id}\n`);
  }
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
