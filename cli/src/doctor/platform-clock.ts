import { request } from 'node:https';
import type { Finding } from './examine.ts';

const check = 'clock';
const TIMEOUT_MS = 10_000;
const WARN_MS = 2_000;
/** So far off, signatures and certificates are refused here and there. */
const FAIL_MS = 60_000;
/** A `Date` says the second, not where in it. */
const HALF_SECOND_MS = 500;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * Compares our clock with what a platform's host says of the time: its `Date` against the middle of the round trip. What
 * the round trip can explain is no difference. Nothing is sent but the question, and the certificate is verified.
 */
export async function examinePlatformClock(host: PlatformHost): Promise<Finding> {
  const { host: name } = new URL(host.url);
  const seen = await ask(host).catch((thrown: unknown) => codeOf(thrown));
  if (typeof seen === 'string') {
    const remedy = 'It is asked from here, where the gateway need not run.';
    return { check, state: 'warn', message: `could not be compared with ${name}: ${seen}`, remedy };
  }
  const { sentMs, answeredMs, dateMs } = seen;
  const differenceMs = Math.round((sentMs + answeredMs) / 2 - (dateMs + HALF_SECOND_MS));
  const offMs = Math.abs(differenceMs) - (answeredMs - sentMs) / 2;
  const clock = { host: name, differenceMs };
  if (offMs < WARN_MS) return { check, state: 'ok', message: `agrees with ${name}`, clock };
  const seconds = Math.round(Math.abs(differenceMs) / 1_000);
  return {
    check,
    state: offMs < FAIL_MS ? 'warn' : 'fail',
    message: `is ${seconds} s ${differenceMs > 0 ? 'ahead of' : 'behind'} ${name}`,
    remedy: 'Set the clock, and keep it with NTP. If other hosts agree with it, it is theirs that is off.',
    clock,
  };
}

export interface PlatformHost {
  /** Its origin. */
  readonly url: string;
  /** PEM of every authority that may have signed its certificate. */
  readonly authorities: readonly string[];
}

interface Seen {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly dateMs: number;
}

/** The times around one answer, whatever its status; or why it says no time. */
function ask({ url, authorities }: PlatformHost): Promise<Seen | string> {
  return new Promise((resolve, reject) => {
    let sentMs = Date.now();
    const asked = request(url, {
      method: 'HEAD',
      agent: false,
      timeout: TIMEOUT_MS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // Explicit: NODE_TLS_REJECT_UNAUTHORIZED must not switch verification off.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ca: [...authorities],
      headers: { 'user-agent': 'sallyport-cli', 'cache-control': 'no-cache' },
    });
    // The handshake is over: what follows is one round trip.
    asked.on('socket', (socket) => socket.once('secureConnect', () => (sentMs = Date.now())));
    asked.on('response', ({ headers: { date = '', age = '0' } }) => {
      const answeredMs = Date.now();
      asked.destroy();
      if (!HTTP_DATE.test(date)) return resolve('it says no Date');
      // What a cache has kept says how long (RFC 9111 section 5.1).
      const keptMs = /^\d{1,9}$/.test(age) ? Number(age) * 1_000 : 0;
      return resolve({ sentMs, answeredMs, dateMs: Date.parse(date) + keptMs });
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', reject);
    asked.end();
  });
}

function codeOf(thrown: unknown): string {
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  if (!(inner instanceof Error)) return 'no answer';
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
}
