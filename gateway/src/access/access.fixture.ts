import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, createAccess } from '#access';
import { type Audit, createAudit } from '#audit';
import {
  type Actor,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  type KeyId,
  type Limits,
  limitsWith,
  type Secret,
  SYSTEM,
  silentLog,
} from '#base';
import { createEnvironments, type Environment, type EnvironmentKind } from '#environments';
import { createKeyring, type Keyring, openFileKeyManager } from '#keyring';
import { createStore, EVERYTHING, type Store } from '#store';
import { type Cleanup, withDatabase } from '#test/database';

/** For tests: one node's rooms up to access. */
export interface AccessNode {
  readonly access: Access;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: Audit;
  /** Resolves when the change feed of this node has told of a change of the key. */
  heard(key: KeyId): Promise<void>;
  /** Resolves when this node hears the feed: what it learns from now on is remembered. */
  listening(): Promise<void>;
}

/** For tests: an installation with an environment of each kind. */
export interface Installation extends AccessNode {
  readonly clock: TestClock;
  readonly url: Secret;
  readonly environments: Readonly<Record<EnvironmentKind, Environment>>;
  /** Another node on the same database; `audit` in place of the real one. */
  node(options?: {
    limits?: Partial<Limits>;
    audit?: (real: Audit) => AuditPort;
    /** How it reaches the database. */
    url?: Secret;
    /** Its own time. */
    clock?: Clock;
  }): Promise<AccessNode>;
  /** The acts in the log of an environment, oldest first. */
  acts(environment: EnvironmentId): Promise<{ action: string; resource: string | null; text: string }[]>;
}

/** Time that moves when the test says so. */
export interface TestClock extends Clock {
  forward(ms: number): void;
}

export const ACTOR: Actor = Object.freeze({ ...SYSTEM, address: '192.0.2.7', agent: 'test', request: null });

/** Makes one; everything is closed after the test. */
export async function withAccess(t: Cleanup, overrides: Partial<Limits> = {}): Promise<Installation> {
  const hooks: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });
  const inReverse: Cleanup = { after: (hook) => hooks.push(hook) };
  const { url } = await withDatabase(inReverse);
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  inReverse.after(() => rm(directory, { recursive: true, force: true }));
  const keyManager = await openFileKeyManager({ file: join(directory, 'root.key'), create: true });
  const clock = testClock();

  const node: Installation['node'] = async ({
    limits: more = {},
    audit: wrap,
    url: way = url,
    clock: own = clock,
  } = {}) => {
    const limits = limitsWith({ refusalWindowMs: 100, ...overrides, ...more });
    const store = await createStore({ url: way, limits, log: silentLog, clock: own });
    inReverse.after(() => store.close());
    const port: { audit: AuditPort | null } = { audit: null };
    const late: AuditPort = {
      record: async (...args) => port.audit?.record(...args),
      note: async (...args) => port.audit?.note(...args),
    };
    const shared = { store, limits, clock: own, log: silentLog };
    const keyring = createKeyring({ store, keyManager, audit: late, clock, log: silentLog });
    const audit = createAudit({ ...shared, keyring, sinks: [] });
    // A test may have taken the database away; what is pending is then of no interest.
    inReverse.after(() => audit.stop().catch(() => undefined));
    const recorded = wrap?.(audit) ?? audit;
    port.audit = recorded;
    const environments = createEnvironments({ store, audit, limits, clock });
    const access = createAccess({ ...shared, keyring, environments, audit: recorded });
    const told = new Set<string>();
    const waiting = new Map<string, () => void>();
    store.changes.follow((subject) => {
      told.add(subject);
      waiting.get(subject)?.();
    });
    const until = (subject: string): Promise<void> =>
      new Promise((resolve) => {
        waiting.set(subject, resolve);
        if (told.has(subject)) resolve();
      });
    const heard: AccessNode['heard'] = (key) => until(`key:${key}`);
    // What was remembered before the feed was first heard is forgotten then.
    return { access, store, keyring, audit, heard, listening: () => until(EVERYTHING) };
  };

  const first = await node();
  const environments = createEnvironments({
    store: first.store,
    audit: first.audit,
    limits: limitsWith(),
    clock,
  });
  const { id: organization } = await environments.createOrganization({ name: 'acme' }, SYSTEM);
  const make = (kind: EnvironmentKind): Promise<Environment> =>
    environments.create({ organization, name: kind, kind, region: 'eu' }, SYSTEM);
  return {
    ...first,
    clock,
    url,
    environments: {
      development: await make('development'),
      staging: await make('staging'),
      production: await make('production'),
    },
    node,
    async acts(environment) {
      await first.audit.integrate();
      const { items } = await first.audit.entries({ environment, limit: 200 });
      return items.toReversed().map(({ entry }) => {
        const { action, resource } = entry;
        return { action, resource, text: JSON.stringify(entry) };
      });
    },
  };
}

/** Time that stands still until the test moves it, however slow the machine is. */
export function stillClock(): TestClock {
  const startedMs = Date.now();
  let aheadMs = 0;
  return {
    now: () => startedMs + aheadMs,
    monotonic: () => aheadMs,
    forward: (ms) => void (aheadMs += ms),
  };
}

function testClock(): TestClock {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    monotonic: () => performance.now() + aheadMs,
    forward: (ms) => void (aheadMs += ms),
  };
}
