import { sign } from '@sallyport/schemes';
import { Agent } from 'undici';
import { sandboxLimits } from '../limits.ts';

/** What came back for one attempt: a status, or the code of the network error that came instead. */
export type Answer = { readonly status: number } | { readonly reason: string };

export interface Attempt {
  readonly url: string;
  readonly body: Uint8Array;
  /** Absent: the attempt goes out unsigned. */
  readonly secret?: Uint8Array | undefined;
}

/** Posts webhooks over kept-alive HTTPS connections. Never throws. */
export interface Sender {
  send(attempt: Attempt): Promise<Answer>;
  close(): Promise<void>;
}

export function createSender(deliveryCa: string | undefined): Sender {
  const timeout = sandboxLimits.deliveryTimeoutMs;
  const agent = new Agent({
    connections: sandboxLimits.deliveryConnectionsMax,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connect: { timeout, rejectUnauthorized: true, ...(deliveryCa === undefined ? {} : { ca: deliveryCa }) },
  });

  return {
    async send({ url, body, secret }) {
      const { origin, pathname, search } = new URL(url);
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        'user-agent': 'Koywe-Webhooks/sandbox',
      };
      if (secret !== undefined) {
        const signed = sign({ scheme: 'koywe', secrets: [secret], body, nowMs: Date.now() });
        for (const [name, value] of signed.headers) headers[name] = value;
      }
      try {
        const answer = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: 'POST',
          headers,
          body,
        });
        await answer.body.dump({ limit: sandboxLimits.deliveryAnswerBytesMax }).catch(() => {});
        return { status: answer.statusCode };
      } catch (error) {
        return { reason: error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN' };
      }
    },
    close: () => agent.destroy(),
  };
}
