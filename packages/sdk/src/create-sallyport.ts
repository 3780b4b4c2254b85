import { Pool } from 'undici';
import { type Answer, readAnswer } from './answer.ts';
import { createEvents, type Events } from './events.ts';
import { LIMITS } from './limits.ts';
import { type BuiltRequest, buildRequest, type CallRequest } from './request.ts';
import { SallyportError, sdkError } from './sallyport-error.ts';
import { createSigner, type Signing } from './signing.ts';
import { failureOf } from './transport-failure.ts';

/**
 * A client for one gateway, over TLS 1.2 or newer with the certificate checked. Throws `SallyportError` with
 * `SDK_URL_INVALID`, `SDK_CREDENTIAL_INVALID`, `SDK_KEY_INVALID`, `SDK_SIGNING_INVALID` or `SDK_TIMEOUT_INVALID`.
 *
 * @example
 * const sallyport = createSallyport({ url: 'https://sallyport.internal:8443', key, ca });
 * const { status, body } = await sallyport.call('con_…', { method: 'POST', path: '/api/v1/orders', body: order });
 */
export function createSallyport({
  url,
  key,
  ca,
  signing,
  timeoutMs = LIMITS.timeoutMsDefault,
}: SallyportOptions): Sallyport {
  const origin = parseOrigin(url);
  // Of two credentials the gateway would have to guess which to look at; and a key that is never sent can't leak.
  if ((key === undefined) === (signing === undefined)) throw sdkError('SDK_CREDENTIAL_INVALID');
  if (key !== undefined && !isKey(key)) throw sdkError('SDK_KEY_INVALID');
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > LIMITS.timeoutMsMax) {
    throw sdkError('SDK_TIMEOUT_INVALID');
  }
  const sign = signing === undefined ? null : createSigner(signing, origin);
  const pool = new Pool(origin, {
    connections: LIMITS.connectionsMax,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: LIMITS.responseBytesMax,
    connect: {
      // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch it off.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      timeout: Math.min(timeoutMs, LIMITS.connectTimeoutMs),
      ...(ca === undefined ? {} : { ca }),
    },
  });

  async function exchange(
    built: BuiltRequest,
    { waitMs = 0, cancel }: ExchangeOptions = {},
  ): Promise<Answer> {
    if (pool.closed || pool.destroyed) throw sdkError('SDK_CLOSED');
    const limitMs = timeoutMs + waitMs;
    const timeout = AbortSignal.timeout(limitMs);
    const signal = cancel === undefined ? timeout : AbortSignal.any([timeout, cancel]);
    try {
      const credential = sign === null ? { authorization: `Bearer ${key}` } : await sign(built);
      const headers = { ...built.headers, ...credential };
      const times = { headersTimeout: limitMs, bodyTimeout: limitMs };
      return await readAnswer(await pool.request({ ...built, ...times, headers, signal }));
    } catch (error) {
      if (cancel?.aborted === true) throw sdkError('SDK_CANCELLED');
      // Not as `cause`: the library's own errors may hold what was sent.
      throw error instanceof SallyportError ? error : failureOf(error, timeout);
    }
  }

  // Only functions: whatever prints this object finds no key in it.
  return Object.freeze({
    call: async (connection: string, request: CallRequest) =>
      exchange(buildRequest({ origin, connection, request })),
    events: createEvents(exchange),
    close: () => pool.close(),
  });
}

/** A call bears one credential: the key itself, or a signature made with what belongs to it. */
export type SallyportOptions = GatewayOptions & (KeyOptions | SigningOptions);

export interface KeyOptions {
  /** An API key of the environment, `sk_test_…` or `sk_live_…`. */
  readonly key: string;
  readonly signing?: undefined;
}

export interface SigningOptions {
  readonly key?: undefined;
  /** Signs every call, with a fresh nonce and the time, and sends no key. */
  readonly signing: Signing;
}

export interface GatewayOptions {
  /** The gateway's origin, `https://host[:port]`. */
  readonly url: string;
  /** PEM of the authority that signed the gateway's certificate, instead of the public ones. */
  readonly ca?: string | undefined;
  /** For a whole call, from connecting to the last byte; 30000 unless given. */
  readonly timeoutMs?: number | undefined;
}

export interface ExchangeOptions {
  /** How much longer than others it may take. */
  readonly waitMs?: number;
  readonly cancel?: AbortSignal | undefined;
}

export interface Sallyport {
  /**
   * Calls a platform through a connection and answers with what the platform said, whatever its status. Throws
   * `SallyportError` when it said nothing: a problem of the gateway's, or one of `SDK_CODES`. Nothing is retried.
   */
  call(connection: string, request: CallRequest): Promise<Answer>;
  /** Webhooks: your own to send, and those of a pull destination to fetch. */
  readonly events: Events;
  /** Waits for running calls and closes the sockets; later calls fail with `SDK_CLOSED`. */
  close(): Promise<void>;
}

function isKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && text.length <= LIMITS.keyCharactersMax;
}

function parseOrigin(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'https:') throw sdkError('SDK_URL_INVALID');
  if (parsed.href !== `${parsed.origin}/`) throw sdkError('SDK_URL_INVALID');
  return parsed.origin;
}
