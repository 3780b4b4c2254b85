import { rootCertificates } from 'node:tls';
import { createClient } from '@redis/client';
import { type Clock, type Limits, type Log, openSecretText, randomFraction, type Secret } from '#base';
import { type Demand, rateOf } from './rate.ts';
import { type Operation, parseAnswer, SCRIPT, type ScriptAnswer, scriptArguments } from './script.ts';

export interface SharedStoreOptions {
  /** `redis://` or `rediss://`. */
  readonly url: Secret;
  /** Further authorities for `rediss://`, in PEM. */
  readonly ca: string | null;
  /** The next so many subjects that owe what the store does not know of, as `owe` takes them; `null` when there are no more. */
  readonly arrears: (count: number) => readonly Demand[] | null;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Redis or Valkey, as the place where several nodes count together. */
export interface SharedStore {
  /** Whether to ask it at all. */
  readonly isReady: boolean;
  /** One script call. Rejects when it can't be answered in time, whatever the reason; it may have counted even so. */
  ask(operation: Operation, demands: readonly Demand[]): Promise<ScriptAnswer>;
  close(): Promise<void>;
}

type Client = ReturnType<typeof makeClient>;

/** Questions without an answer yet. A store that lets more come together is too slow, which is as good as away. */
const QUESTIONS_MAX = 16_384;
/** Subjects that one question settles, questions at once, and rounds of those before a store that just came back is used. */
const ARREARS = { demands: 16, questions: 64, rounds: 1_000 } as const;
const BACK_OFF_MS = { first: 100, most: 5_000 } as const;
/** A connection that lasted so long makes the next wait the first one again. */
const SOUND_AFTER_MS = 10_000;
/** Taken and given back on every new connection: a store that is full, read-only or still loading can answer a ping. */
const PROBE: Demand = Object.freeze({
  rate: rateOf({ name: 'probe', limit: 1_000, windowSeconds: 1 }),
  subject: 'probe',
});

/**
 * Keeps one connection to the store, and says whether it works. The first question that fails or comes too late ends the
 * connection, with all questions under way, since their answers would come later still; then a new one is tried, with growing and scattered waits, until one works.
 * Resolves when the first attempt has ended, well or not.
 */
export async function connectSharedStore(options: SharedStoreOptions): Promise<SharedStore> {
  const { arrears, limits, clock, log } = options;
  const closing = new AbortController();
  let current: Client | null = null;
  let questions = 0;
  let digest: string | null = null;
  let told: 'away' | 'there' | null = null;

  const tell = (state: 'away' | 'there', error?: unknown): void => {
    if (told === state || closing.signal.aborted) return;
    if (state === 'there') log.info('Rate limits are counted together with the other nodes.', { state });
    else log.warn('The store of the rate limits is away: this node counts alone.', { state, error });
    told = state;
  };

  const evaluate = async (client: Client, operation: Operation, demands: readonly Demand[]) => {
    const rest = scriptArguments(operation, demands);
    if (digest !== null) {
      try {
        return parseAnswer(await client.sendCommand(['EVALSHA', digest, ...rest]), demands.length);
      } catch (thrown) {
        if (!isUnknownScript(thrown)) throw thrown; // restarted or flushed: the script goes along once more
      }
    }
    return parseAnswer(await client.sendCommand(['EVAL', SCRIPT, ...rest]), demands.length);
  };

  /** Tells a store that is back what was counted without it. */
  const settleUp = async (client: Client): Promise<void> => {
    for (let round = 0; round < ARREARS.rounds; round++) {
      const told: Promise<unknown>[] = [];
      for (let owed = arrears(ARREARS.demands); owed !== null; owed = arrears(ARREARS.demands)) {
        if (owed.length > 0) told.push(evaluate(client, 'owe', owed));
        if (told.length === ARREARS.questions) break;
      }
      if (told.length === 0) return;
      await within(Promise.all(told), limits.redisConnectTimeoutMs);
    }
  };

  /** Resolves when the connection has ended, with the reason and how long it was of use. */
  const useOneConnection = async (onReady: () => void): Promise<{ error: unknown; lastedMs: number }> => {
    const client = makeClient(options);
    const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
    client.on('error', end);
    client.on('terminated', end);
    closing.signal.addEventListener('abort', end, { once: true });
    try {
      const opening = client.connect().then(async () => {
        const loaded: unknown = await client.sendCommand(['SCRIPT', 'LOAD', SCRIPT]);
        digest = typeof loaded === 'string' ? loaded : null;
        await evaluate(client, 'take', [PROBE]);
        await evaluate(client, 'back', [PROBE]);
      });
      const failed = ended.then((error) => Promise.reject(error));
      await within(Promise.race([opening, failed]), limits.redisConnectTimeoutMs);
      await settleUp(client);
      const readyAtMs = clock.monotonic();
      current = client;
      tell('there');
      onReady();
      const error = await ended;
      return { error, lastedMs: clock.monotonic() - readyAtMs };
    } catch (error) {
      return { error, lastedMs: 0 };
    } finally {
      if (current === client) current = null;
      closing.signal.removeEventListener('abort', end);
      client.destroy();
    }
  };

  const keepConnected = async (onFirst: () => void): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const { error, lastedMs } = await useOneConnection(onFirst);
      tell('away', error);
      onFirst();
      failures = lastedMs >= SOUND_AFTER_MS ? 0 : failures + 1;
      await pause(backOffMs(failures), closing.signal);
    }
  };

  const first = Promise.withResolvers<void>();
  const running = keepConnected(first.resolve);
  await first.promise;

  return {
    get isReady() {
      return current !== null;
    },
    async ask(operation, demands) {
      const client = current;
      if (client === null) throw new Error('the store is away');
      questions++;
      try {
        if (questions > QUESTIONS_MAX) throw new Error('too many questions without an answer');
        return await within(evaluate(client, operation, demands), limits.redisCommandTimeoutMs);
      } catch (thrown) {
        if (current === client) {
          current = null;
          client.emit('error', thrown);
        }
        throw thrown;
      } finally {
        questions--;
      }
    },
    async close() {
      closing.abort(new Error('closing'));
      await running;
    },
  };
}

/**
 * A client that neither queues nor reconnects by itself. It speaks RESP2, in which the script's answer is the same in
 * every version, and ignores notices that would send it to another address.
 */
function makeClient({ url, ca, limits }: SharedStoreOptions) {
  const text = openSecretText(url);
  const authorities = ca === null ? {} : { ca: [...rootCertificates, ca] };
  const common = { connectTimeout: limits.redisConnectTimeoutMs, reconnectStrategy: false } as const;
  return createClient({
    url: text,
    socket: text.startsWith('rediss:')
      ? { ...common, tls: true, minVersion: 'TLSv1.2', ...authorities }
      : common,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUESTIONS_MAX * 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}

/** What a promise brings, or a failure after so long; it is left to itself then. */
async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  work.catch(() => undefined);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Doubling, drawn from its upper half: nodes that lost the store together don't come back together. */
function backOffMs(failures: number): number {
  const whole = Math.min(BACK_OFF_MS.first * 2 ** Math.min(failures, 16), BACK_OFF_MS.most);
  return whole * (0.5 + randomFraction() / 2);
}

function isUnknownScript(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('NOSCRIPT');
}
