import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';

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
  readonly body: Buffer;
}

export interface LoopbackServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** A self-signed certificate for 127.0.0.1, made afresh for the file: key and certificate as PEM, and their folder. */
export const certificate = makeCertificate();

function makeCertificate(): { key: string; pem: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sdk-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    join(folder, 'key.pem'),
  ];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', join(folder, 'cert.pem'), ...subject], {
    stdio: 'ignore',
  });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { key: read('key.pem'), pem: read('cert.pem'), folder };
}
