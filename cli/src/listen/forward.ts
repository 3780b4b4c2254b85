import { rootCertificates } from 'node:tls';
import { sign } from '@sallyport/schemes';
import type { PulledEvent } from '@sallyport/sdk';
import { Agent, request } from 'undici';
import { usageProblem } from '../problem.ts';

/** How the application on this machine took an event. */
export interface Forwarded {
  /** 2xx. */
  readonly ok: boolean;
  readonly status: number | null;
  /** Why there is no status: what the system says, such as `ECONNREFUSED`. */
  readonly reason: string | null;
  readonly durationMs: number;
}

/** Forwards events to one address. */
export interface Forwarder {
  /** Its body byte for byte, signed now (Standard Webhooks) under the event's own id. Never throws. */
  forward(event: PulledEvent): Promise<Forwarded>;
  close(): Promise<void>;
}

const ANSWER_BYTES_MAX = 64 * 1024;

export function createForwarder(given: {
  readonly target: URL;
  readonly secret: Uint8Array;
  /** PEM of an authority that is trusted besides the public ones, for an https:// address. */
  readonly ca: string | null;
  readonly timeoutMs: number;
}): Forwarder {
  const { target, secret, ca, timeoutMs } = given;
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: true,
      ...(ca === null ? {} : { ca: [...rootCertificates, ca] }),
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  const send = async ({ id, platform, contentType, bytes }: PulledEvent): Promise<number> => {
    const signing = { scheme: 'standard-webhooks', secrets: [secret], body: bytes, id } as const;
    const { headers: signature } = sign({ ...signing, nowMs: Date.now() });
    const { statusCode, body } = await request(target, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        'content-type': contentType,
        'user-agent': 'Sallyport',
        'sallyport-event': id,
        'sallyport-platform': platform,
        ...Object.fromEntries(signature),
      },
      body: bytes,
      signal: AbortSignal.timeout(timeoutMs),
    });
    // Its status is all that counts, and a rest that breaks changes nothing about it.
    await body.dump({ limit: ANSWER_BYTES_MAX }).catch(() => undefined);
    return statusCode;
  };

  return {
    async forward(event) {
      const from = performance.now();
      const took = (): number => Math.round(performance.now() - from);
      try {
        const status = await send(event);
        return { ok: status >= 200 && status <= 299, status, reason: null, durationMs: took() };
      } catch (thrown) {
        return { ok: false, status: null, reason: reasonOf(thrown), durationMs: took() };
      }
    },
    close: () => agent.destroy(),
  };
}

/** Plain HTTP goes nowhere but to this machine. Throws `USAGE`. */
export function parseTarget(text: string): URL {
  const url = URL.parse(text);
  if (url === null)
    throw usageProblem('--forward is no address.', 'Give one such as http://localhost:3000/hooks.');
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    throw usageProblem(
      '--forward is neither https:// nor on this machine.',
      'Events hold data of your customers: forward to http://localhost, or over https://.',
    );
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw usageProblem('--forward has a credential or a fragment in it.', 'Leave it out.');
  return url;
}

/** Happy Eyeballs wraps what each address said. */
function reasonOf(thrown: unknown): string {
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  if (inner instanceof Error && inner.name === 'TimeoutError') return 'no answer in time';
  const code = inner instanceof Error && 'code' in inner ? inner.code : null;
  return typeof code === 'string' ? code : 'no answer';
}
