import { keyNeeded, parseFetchedKey, type Scheme, type SchemeSecret } from '@sallyport/schemes';
import { type Clock, type EndpointId, Fault, type Limits, type PublicDocuments } from '#base';

/** Which key a message asks for. */
export interface KeyQuestion {
  readonly endpoint: EndpointId;
  readonly scheme: Scheme;
  readonly rawHeaders: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** A key, or why there is none that could be believed. */
export type KeyAnswer =
  | { readonly ok: true; readonly secret: SchemeSecret }
  | { readonly ok: false; readonly reason: 'key-unnamed' | 'key-unknown' };

/** Keys that platforms publish and sign with. */
export interface FetchedKeys {
  /**
   * The key that a message names. Throws `BUSY` when it is not known whether there is such a key: its platform is away, or too
   * many unknown ones were asked for at this endpoint.
   */
  of(question: KeyQuestion): Promise<KeyAnswer>;
}

const MINUTE_MS = 60_000;
const RETRY_SECONDS = 30;
/** A platform may publish a key a little later than it signs with it. */
const UNKNOWN_FOR_MS = MINUTE_MS;
const ENDPOINTS_MAX = 1_000;

interface Known {
  readonly answer: KeyAnswer;
  readonly untilMs: number;
  /** The minute in which it was last fetched beside the others'. */
  renewedIn: number | null;
}

/**
 * Keys are remembered by their address until they end, for `fetchedKeySeconds` at most, and that there is none for a minute.
 * Whoever waits for the same one shares its fetch. The address is made or pinned by the row of the scheme; a message only chooses
 * among what is there. Whoever makes up names of keys can make us call out `fetchedKeysPerMinuteMax` times a minute at
 * an endpoint, and takes nothing from others: keys that are known go on, and are fetched again in their time, once a minute,
 * whatever else is asked for.
 */
export function createFetchedKeys(ports: {
  readonly documents: PublicDocuments;
  readonly limits: Limits;
  readonly clock: Clock;
}): FetchedKeys {
  const { documents, limits, clock } = ports;
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<KeyAnswer>>();
  let minute = 0;
  let asked = new Map<EndpointId, number>();

  const take = (endpoint: EndpointId, remembered: Known | undefined): void => {
    const now = Math.floor(clock.monotonic() / MINUTE_MS);
    if (remembered?.answer.ok === true && remembered.renewedIn !== now) {
      remembered.renewedIn = now;
      return;
    }
    if (now !== minute) {
      minute = now;
      asked = new Map();
    }
    const count = asked.get(endpoint) ?? 0;
    if (count >= limits.fetchedKeysPerMinuteMax || (count === 0 && asked.size >= ENDPOINTS_MAX))
      throw new Fault('BUSY', {
        detail: 'Too many unknown keys were asked for.',
        retryAfterSeconds: RETRY_SECONDS,
      });
    asked.set(endpoint, count + 1);
  };

  const remember = (url: string, entry: Known): void => {
    if (known.size >= limits.fetchedKeysMax) {
      // Those that are unknown first: made-up names must not push out keys that are in use.
      const [victim] = [...known].find(([, { answer }]) => !answer.ok) ?? [...known][0] ?? [];
      if (victim !== undefined) known.delete(victim);
    }
    known.set(url, entry);
  };

  const obtain = async (url: string, scheme: Scheme): Promise<KeyAnswer> => {
    const { status, body } = await documents.get({ url, bytesMax: limits.fetchedKeyBytesMax });
    const nowMs = clock.now();
    const key = status === 200 ? parseFetchedKey(scheme, body, { nowMs }) : null;
    if (key === null && status !== 404 && status !== 410)
      throw new Fault('BUSY', { detail: 'The key could not be fetched.', retryAfterSeconds: RETRY_SECONDS });
    if (key === null || !key.ok) {
      const answer = { ok: false, reason: 'key-unknown' } as const;
      remember(url, { answer, untilMs: nowMs + UNKNOWN_FOR_MS, renewedIn: null });
      return answer;
    }
    const answer = { ok: true, secret: { id: url, bytes: key.bytes } } as const;
    const longest = nowMs + limits.fetchedKeySeconds * 1_000;
    remember(url, { answer, untilMs: Math.min(longest, key.notAfterMs ?? longest), renewedIn: null });
    return answer;
  };

  return {
    async of({ endpoint, scheme, rawHeaders, parameters }) {
      const url = keyNeeded({ scheme, rawHeaders, parameters })?.url ?? null;
      if (url === null) return { ok: false, reason: 'key-unnamed' };
      const remembered = known.get(url);
      if (remembered !== undefined && remembered.untilMs > clock.now()) return remembered.answer;
      const shared = underWay.get(url);
      if (shared !== undefined) return shared;
      take(endpoint, remembered);
      const flight = obtain(url, scheme)
        .catch((thrown: unknown) => {
          if (thrown instanceof Fault && thrown.code === 'BUSY') throw thrown;
          const detail = 'The key could not be fetched.';
          throw new Fault('BUSY', { detail, retryAfterSeconds: RETRY_SECONDS, cause: thrown });
        })
        .finally(() => underWay.delete(url));
      underWay.set(url, flight);
      return flight;
    },
  };
}
