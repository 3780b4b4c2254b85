// For tests of this and other workspaces.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { createAuthority, issueCertificate } from './authority.ts';

/** A real HTTPS server on loopback for one test, closed after it; every request is kept as it came. */
export async function startServer(t: TestContext, { answer, tls = {} }: ServerPlan): Promise<LoopbackServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(
    { key: certificate.key, cert: certificate.pem, ...tls },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => {});
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const entry = {
          method: request.method,
          target: request.url,
          headers: request.headers,
          rawHeaders: request.rawHeaders,
          body: Buffer.concat(chunks),
        };
        seen.push(entry);
        answer(response, entry);
      });
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `https://127.0.0.1:${address.port}`, seen };
}

export interface ServerPlan {
  readonly answer: (response: ServerResponse, request: SeenRequest) => void;
  readonly tls?: ServerOptions;
}

export interface SeenRequest {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface LoopbackServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** A certificate for 127.0.0.1 and its authority, made afresh for the process: PEM, and as files in a folder. */
export const certificate = await makeCertificate();

async function makeCertificate(): Promise<{ key: string; pem: string; ca: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'loopback-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await createAuthority({ name: 'Loopback test authority' });
  const { key, cert } = await issueCertificate(authority, { names: ['127.0.0.1'] });
  const files = { 'key.pem': key, 'cert.pem': cert, 'ca.pem': authority.cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return { key, pem: cert, ca: authority.cert, folder };
}
