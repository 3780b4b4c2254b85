import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAccess, scopesOf } from '../../gateway/src/access/index.ts';
import { createEnvironments } from '../../gateway/src/environments/index.ts';
import { createKeyring, openFileKeyManager } from '../../gateway/src/keyring/index.ts';
import {
  type AuditPort,
  allMigrations,
  limitsWith,
  migrate,
  newId,
  openSecretText,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
} from '../../gateway/src/main.ts';
import { createRates, rateOf } from '../../gateway/src/rates/index.ts';
import { createStore } from '../../gateway/src/store/index.ts';
import { answerParent } from '../child.ts';

export interface KeyCheckOrder {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly rounds: number;
}

const NAMES = [
  'one key',
  'ten thousand keys by turns',
  'a bearer token',
  'a key with 20 address ranges',
  'one key and its rates',
  'bare HMAC and Map',
] as const;

/** Microseconds of one check, for each round. */
export type KeyCheckResult = Record<(typeof NAMES)[number], number[]>;

const TURNS = 50;
const CHECKS = 200;
const WARM_UP_ROUNDS = 2;
const KEYS = 10_000;
/** Made and loaded so many at a time. */
const AT_ONCE = 8;
const ACTOR = Object.freeze({ ...SYSTEM, address: '127.0.0.1', agent: 'bench' });

answerParent(async ({ databaseUrl, directory, rounds }: KeyCheckOrder): Promise<KeyCheckResult> => {
  const { checks, end } = await prepare(databaseUrl, directory);
  const zero = (): Record<(typeof NAMES)[number], number> =>
    Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<(typeof NAMES)[number], number>;
  const result = Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as KeyCheckResult;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const spentMs = zero();
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const name of NAMES) {
        const startedAt = performance.now();
        for (let count = 0; count < CHECKS; count += 1) await checks[name]();
        spentMs[name] += performance.now() - startedAt;
      }
      // The change feed gets its turn, as it does between the sockets of a server.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (round < 0) continue;
    for (const name of NAMES) result[name].push((spentMs[name] * 1_000) / (TURNS * CHECKS));
  }
  await end();
  return result;
});

async function prepare(databaseUrl: string, directory: string) {
  const url = Secret.fromText(databaseUrl);
  await migrate({ url, migrations: allMigrations, log: silentLog });
  const limits = limitsWith({});
  const shared = { limits, clock: systemClock, log: silentLog };
  const store = await createStore({ url, ...shared });
  // The root key of the gateway that stands beside: it made the pepper of this database.
  const keyManager = await openFileKeyManager({ file: join(directory, 'root.key'), create: true });
  const nothing = async (): Promise<void> => undefined;
  const audit: AuditPort = { record: nothing, note: nothing };
  const keyring = createKeyring({ store, keyManager, audit, clock: systemClock, log: silentLog });
  const environments = createEnvironments({ store, audit, limits, clock: systemClock });
  const access = createAccess({ store, keyring, environments, audit, ...shared });
  const rates = await createRates({ ...shared, redisUrl: null });
  const { id: organization } = await environments.createOrganization({ name: 'key-checks' }, SYSTEM);
  const place = { organization, name: 'key-checks', kind: 'development', region: 'local' } as const;
  const { id: environment } = await environments.create(place, SYSTEM);
  const make = async (name: string, more: object = {}) => {
    const key = { environment, kind: 'test', name, scopes: scopesOf('test'), ...more } as const;
    return access.keys.create(key, SYSTEM);
  };
  const one = await make('one');
  const ranges = Array.from({ length: 19 }, (_, at) => `10.${at}.0.0/16`);
  const listed = await make('listed', { allowedAddresses: [...ranges, '127.0.0.0/8'] });
  const many: string[] = [];
  while (many.length < KEYS) {
    const made = Array.from({ length: AT_ONCE }, (_, at) => make(`many ${many.length + at}`));
    many.push(...(await Promise.all(made)).map(({ secret }) => openSecretText(secret)));
  }
  const { token } = await access.signIn({ apiKey: one.key.id, secret: one.secret }, ACTOR);

  const check = async (text: string): Promise<void> => {
    const principal = await access.authenticate({
      authorization: `Bearer ${text}`,
      surface: 'runtime',
      actor: ACTOR,
    });
    await access.authorize(principal, { scope: 'calls:send', actor: ACTOR });
  };
  const demands = ['key', 'address', 'route'].map((name) => ({
    rate: rateOf({ name, limit: 1_000_000, windowSeconds: 1 }),
    subject: name,
  }));
  // What a check written by hand is at least: a digest under a secret, and a look at who has it.
  const pepper = randomBytes(32);
  const digestOf = (text: string): string => createHmac('sha256', pepper).update(text).digest('hex');
  const texts = [one, listed].map(({ secret }) => openSecretText(secret));
  const [oneText = '', listedText = ''] = texts;
  const known = new Map(texts.map((text) => [digestOf(text), newId('key', systemClock)]));
  const tokenText = openSecretText(token);
  // All are in memory from here. The many come last: the few callers too many to be told apart are among them.
  for (const text of [...texts, tokenText, ...many]) await check(text);
  let next = 0;
  const checks: Record<(typeof NAMES)[number], () => unknown> = {
    'one key': () => check(oneText),
    'ten thousand keys by turns': () => check(many[next++ % KEYS] ?? ''),
    'a bearer token': () => check(tokenText),
    'a key with 20 address ranges': () => check(listedText),
    'one key and its rates': async () => {
      await check(oneText);
      await rates.take(demands);
    },
    'bare HMAC and Map': async () => known.get(digestOf(oneText)),
  };
  const end = async (): Promise<void> => {
    await access.stop();
    await store.close();
  };
  return { checks, end };
}
