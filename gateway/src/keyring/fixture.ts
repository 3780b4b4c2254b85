import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Act, type AuditPort, type EnvironmentId, Fault, newId, systemClock } from '#base';
import { type KeyManager, openFileKeyManager } from '#keyring';

/** For tests: what a room needs of the log, keeping what it was given. */
export interface RecordingAudit extends AuditPort {
  readonly acts: readonly (Act & { readonly environment: EnvironmentId })[];
  /** Every entry from now on fails, as when the log can't be written. */
  fail(): void;
}

/** For tests: an audit port that keeps entries in memory. */
export function recordingAudit(): RecordingAudit {
  const acts: (Act & { environment: EnvironmentId })[] = [];
  let failing = false;
  const keep = async (environment: EnvironmentId, act: Act): Promise<void> => {
    if (failing) throw new Fault('AUDIT_UNAVAILABLE', { retryAfterSeconds: 1 });
    acts.push({ ...act, environment });
  };
  return {
    acts,
    fail: () => {
      failing = true;
    },
    record: (_tx, environment, act) => keep(environment, act),
    note: keep,
  };
}

/** For tests: a folder that is removed afterwards. */
export async function temporaryFolder(t: { after(hook: () => Promise<void>): unknown }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keyring-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** For tests: a key manager with a fresh root key. */
export async function freshKeyManager(t: { after(hook: () => Promise<void>): unknown }): Promise<KeyManager> {
  return openFileKeyManager({ file: join(await temporaryFolder(t), 'root.key'), create: true });
}

/** For tests: a new environment's id. Data keys need no more of an environment. */
export function newEnvironmentId(): EnvironmentId {
  return newId('environment', systemClock);
}
