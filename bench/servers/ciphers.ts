import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createKeyring, openFileKeyManager } from '../../gateway/src/keyring/index.ts';
import {
  type AuditPort,
  allMigrations,
  limitsWith,
  migrate,
  newId,
  Secret,
  silentLog,
  systemClock,
} from '../../gateway/src/main.ts';
import { createStore } from '../../gateway/src/store/index.ts';
import { answerParent } from '../child.ts';

export interface CipherOrder {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly rounds: number;
}

const NAMES = ['Sallyport seal', 'native seal', 'Sallyport open', 'native open'] as const;

/** Microseconds of one operation, for each round. */
export type CipherResult = Record<(typeof NAMES)[number], number[]>;

/** A round is so many turns of so many operations of each: short enough that a disturbance hits all of them. */
const TURNS = 100;
const OPERATIONS = 100;
const WARM_UP_ROUNDS = 1;
const BODY = randomBytes(1_024);

answerParent(async ({ databaseUrl, directory, rounds }: CipherOrder): Promise<CipherResult> => {
  const { operations, end } = await prepare(databaseUrl, directory);
  const result: CipherResult = {
    'Sallyport seal': [],
    'native seal': [],
    'Sallyport open': [],
    'native open': [],
  };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const spentMs: Record<(typeof NAMES)[number], number> = {
      'Sallyport seal': 0,
      'native seal': 0,
      'Sallyport open': 0,
      'native open': 0,
    };
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const name of NAMES) spentMs[name] += await timed(operations[name]);
    }
    if (round < 0) continue;
    for (const name of NAMES) result[name].push((spentMs[name] * 1_000) / (TURNS * OPERATIONS));
  }
  await end();
  return result;
});

async function timed(operation: () => unknown): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < OPERATIONS; count += 1) await operation();
  return performance.now() - startedAt;
}

type Operations = Record<(typeof NAMES)[number], () => unknown>;

async function prepare(
  databaseUrl: string,
  directory: string,
): Promise<{ operations: Operations; end: () => Promise<void> }> {
  const url = Secret.fromText(databaseUrl);
  await migrate({ url, migrations: allMigrations, log: silentLog });
  const store = await createStore({ url, limits: limitsWith({}), log: silentLog, clock: systemClock });
  const keyManager = await openFileKeyManager({ file: join(directory, 'ciphers.key'), create: true });
  const nothing = async (): Promise<void> => undefined;
  const audit: AuditPort = { record: nothing, note: nothing };
  const keyring = createKeyring({ store, keyManager, audit, clock: systemClock, log: silentLog });
  const sealer = await keyring.sealer(newId('environment', systemClock), 'events');
  const place = { record: newId('event', systemClock), field: 'body' };
  const sealed = sealer.seal(place, BODY);

  const key = randomBytes(32);
  const data = randomBytes(64);
  const native = nativeSeal(key, data);
  return {
    operations: {
      'Sallyport seal': () => sealer.seal(place, BODY),
      'native seal': () => nativeSeal(key, data),
      'Sallyport open': () => sealer.open(place, sealed),
      'native open': () => nativeOpen(key, data, native),
    },
    end: () => store.close(),
  };
}

const IV_BYTES = 12;
const TAG = { authTagLength: 16 };

function nativeSeal(key: Buffer, data: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, TAG);
  cipher.setAAD(data);
  const body = cipher.update(BODY);
  cipher.final();
  return Buffer.concat([iv, body, cipher.getAuthTag()]);
}

function nativeOpen(key: Buffer, data: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), TAG);
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(-TAG.authTagLength));
  const body = decipher.update(sealed.subarray(IV_BYTES, -TAG.authTagLength));
  decipher.final();
  return body;
}
