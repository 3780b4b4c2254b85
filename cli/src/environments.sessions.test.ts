// Freezing, deleting and keeping environments does what its transcript shows, without a terminal to ask; what can't be
// undone needs its name. K3 Q5 L8.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSecretText, silentLog, startEmbedded } from '@sallyport/gateway';
import { afterwards, sallyport, withFolder } from '../test/session.ts';
import { playTranscript } from '../test/transcript.ts';

const transcript = fileURLToPath(new URL('../test/transcripts-local/environments.txt', import.meta.url));

test('K3 L8 a session with environments', async (t) => {
  const cwd = await withFolder(t);
  const database = await startEmbedded({ directory: join(cwd, 'database'), log: silentLog });
  afterwards(t, () => database.stop());
  await mkdir(join(cwd, 'state'), { mode: 0o700 });
  await writeFile(join(cwd, 'sallyport.yaml'), 'stateDirectory: state\n');
  await writeFile(join(cwd, 'database.url'), openSecretText(database.url), { mode: 0o600 });
  const env = { DATABASE_URL_FILE: join(cwd, 'database.url') };
  const migrated = await sallyport(['migrate'], { cwd, env });
  assert.equal(migrated.code, 0, migrated.stderr);
  await playTranscript(await readFile(transcript, 'utf8'), { cwd, env });
});
