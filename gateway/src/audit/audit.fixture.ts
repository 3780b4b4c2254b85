import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Report, verifyExport } from '@sallyport/evidence';
import { Client } from 'pg';
import { type Audit, type CheckpointSink, createAudit } from '#audit';
import {
  type Act,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  type Limits,
  type Log,
  newId,
  openSecretText,
  type Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '#base';
import { createKeyring, type Keyring, openFileKeyManager } from '#keyring';
import { createStore, type Store } from '#store';
import { type Cleanup, withDatabase } from '#test/database';

/** For tests: a log on a database of its own. */
export interface TestLog {
  readonly audit: Audit;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly url: Secret;
  readonly limits: Limits;
  /** What is to be done before the stores close. */
  readonly after: Cleanup['after'];
  /** Another node on the same database, under the same root key. */
  node(options?: TestLogOptions): Promise<Audit>;
  /** A store with connections of its own. */
  otherStore(): Promise<Store>;
}

export interface TestLogOptions {
  readonly limits?: Partial<Limits>;
  readonly sinks?: readonly CheckpointSink[];
  readonly clock?: Clock;
  readonly log?: Log;
}

/** For tests: makes one; not started. */
export async function withLog(test: Cleanup, options: TestLogOptions = {}): Promise<TestLog> {
  // Hooks run in the order in which they were registered; what was made last must end first.
  const hooks: (() => Promise<void>)[] = [];
  test.after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });
  const t: Cleanup = { after: (hook) => hooks.push(hook) };
  const { store, url, limits } = await withDatabase(t, options.limits);
  const directory = await temporaryFolder(t);
  const file = join(directory, 'root.key');
  await openFileKeyManager({ file, create: true });
  const make = async (on: Store, { sinks = [], clock = systemClock, log = silentLog }: TestLogOptions) => {
    const late: { audit: AuditPort | null } = { audit: null };
    const keyring = createKeyring({
      store: on,
      keyManager: await openFileKeyManager({ file }),
      audit: {
        record: async (...args) => late.audit?.record(...args),
        note: async (...args) => late.audit?.note(...args),
      },
      clock,
      log,
    });
    const audit = createAudit({ store: on, keyring, limits, clock, log, sinks });
    late.audit = audit;
    return { audit, keyring };
  };
  const otherStore = async (): Promise<Store> => {
    const other = await createStore({ url, limits, log: silentLog, clock: systemClock });
    t.after(() => other.close());
    return other;
  };
  return {
    ...(await make(store, options)),
    after: t.after,
    store,
    url,
    limits,
    otherStore,
    node: async (given = options) => (await make(await otherStore(), given)).audit,
  };
}

export async function temporaryFolder(t: Cleanup): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function newEnvironment(): EnvironmentId {
  return newId('environment', systemClock);
}

/** For tests: an act, told from others by a number. */
export function act(number: number, more: Partial<Act> = {}): Act {
  return {
    action: 'key.created',
    actor: SYSTEM,
    resource: `key:${number}`,
    outcome: 'success',
    details: { number },
    ...more,
  };
}

/** For tests: writes acts into the log, one after the other, and integrates them. */
export async function recorded(audit: Audit, environment: EnvironmentId, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await audit.note(environment, act(number));
  await audit.integrate();
}

/** For tests: the lines of an export. */
export async function exported(audit: Audit, environment: EnvironmentId): Promise<string[]> {
  return Array.fromAsync(audit.export(environment));
}

/** For tests: an export, verified with the key from elsewhere. */
export async function verified(
  audit: Audit,
  environment: EnvironmentId,
  knownCheckpoints: readonly string[] = [],
): Promise<Report> {
  const verifierKey = await audit.verifierKey(environment);
  return verifyExport(await exported(audit, environment), { verifierKey, knownCheckpoints });
}

/** For tests: a sink that remembers. */
export function memorySink(): CheckpointSink & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    name: 'memory',
    notes,
    async keep(_environment, note) {
      notes.push(note);
    },
  };
}

/** For tests: whoever owns the tables and takes row security off: the worst that a database account can do. */
export async function asOwner<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(openSecretText(url));
  await client.connect();
  try {
    await client.query('set search_path = sallyport');
    return await work(client);
  } finally {
    await client.end();
  }
}
