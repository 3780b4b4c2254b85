// node:crypto here: the digest of what arrives.
import { hash } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { verify } from '@sallyport/schemes';
import { systemClock } from '#base';

/** What the application of a campaign got: of each event the digest of its body, and how often it came. */
export interface Receiver {
  readonly url: string;
  readonly events: ReadonlyMap<string, { readonly digest: string; readonly count: number }>;
  readonly violations: readonly string[];
  /** Deliveries answered 503 on purpose. */
  readonly refused: () => number;
  /** The secret of each destination, by the path it is reached under. */
  readonly secrets: Map<string, Uint8Array>;
  close(): Promise<void>;
}

/** One in so many deliveries is answered 503 the first time. */
const REFUSE_EVERY = 97;
const VIOLATIONS_MAX = 100;

/** Starts the application: it verifies and records every delivery. */
export async function startReceiver(tls: { key: string; cert: string }): Promise<Receiver> {
  const events = new Map<string, { digest: string; count: number }>();
  const secrets = new Map<string, Uint8Array>();
  const violations: string[] = [];
  let arrived = 0;
  let refused = 0;
  const violate = (text: string): void => {
    if (violations.length < VIOLATIONS_MAX) violations.push(text);
  };
  const record = (path: string, rawHeaders: readonly string[], body: Buffer): void => {
    const bytes = secrets.get(path);
    const verdict = verify({
      scheme: 'standard-webhooks',
      secrets: bytes === undefined ? [] : [{ id: path, bytes }],
      rawHeaders,
      body,
      nowMs: systemClock.now(),
    });
    if (!verdict.ok) {
      violate(`a delivery to ${path} does not verify: ${verdict.reason}`);
      return;
    }
    const id = verdict.eventId ?? '';
    const digest = hash('sha256', body, 'hex');
    const before = events.get(id);
    if (before !== undefined && before.digest !== digest) violate(`${id} was delivered with two bodies`);
    events.set(id, { digest, count: (before?.count ?? 0) + 1 });
  };
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      if (!request.complete) return;
      arrived += 1;
      if (arrived % REFUSE_EVERY === 0) {
        refused += 1;
        response.writeHead(503).end();
        return;
      }
      record(request.url ?? '', request.rawHeaders, Buffer.concat(chunks));
      response.writeHead(204).end();
    });
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    events,
    violations,
    refused: () => refused,
    secrets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
