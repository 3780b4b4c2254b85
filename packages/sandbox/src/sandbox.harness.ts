/** What the tests share: a running sandbox, a client that trusts it, and an HTTPS receiver of webhooks. */
import { once } from 'node:events';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { createAuthority, issueCertificate } from './authority.ts';
import type { SandboxSettings } from './options.ts';
import { type Sandbox, type SandboxState, startSandbox } from './sandbox.ts';
import type { SandboxEvent } from './sandbox-event.ts';

export const credential = Object.freeze({
  apiKey: 'test-api-key',
  secret: 'test-api-secret-of-the-sandbox',
  organizationId: 'org_test',
  merchantId: 'mrc_test',
});
export const webhookSecret = 'whsec_test_of_the_sandbox';
export const organizationPath = `/api/v1/organizations/${credential.organizationId}`;
export const merchantPath = `${organizationPath}/merchants/${credential.merchantId}`;

const authority = await createAuthority();
export const authorityCert = authority.cert;
export const certificate = await issueCertificate(authority, { names: ['localhost', '127.0.0.1'] });

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Takes webhooks; `answer` decides the status of each. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: (received: Received, index: number) => number;
  /** Resolves as soon as `count` webhooks have come. */
  until(count: number): Promise<Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const arrivals = new Set<() => void>();
  const server = https.createServer(certificate, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const item = { headers: request.headers, body: Buffer.concat(chunks) };
      received.push(item);
      response.writeHead(receiver.answer(item, received.length - 1)).end();
      for (const arrival of arrivals) arrival();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `https://127.0.0.1:${port}/hook`,
    received,
    answer: () => 204,
    until: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (received.length < count) return;
          arrivals.delete(check);
          resolve([...received]);
        };
        arrivals.add(check);
        check();
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

export interface Answered {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
  /** The parsed body, or null where there is none. */
  readonly json: Record<string, unknown>;
}

/** A running sandbox with a client that is signed in once `signIn` was called. */
export interface Harness {
  readonly sandbox: Sandbox;
  readonly lines: SandboxEvent[];
  call(method: Dispatcher.HttpMethod, path: string, options?: CallOptions): Promise<Answered>;
  signIn(secret?: string): Promise<string>;
  /** Resolves as soon as a line satisfies `test`. */
  line(test: (line: SandboxEvent) => boolean): Promise<SandboxEvent>;
  state(): SandboxState;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly text?: string;
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
}

export async function startHarness(
  settings: Partial<Omit<SandboxSettings, 'koywe'>> & { koywe?: Partial<SandboxSettings['koywe']> } = {},
): Promise<Harness> {
  const lines: SandboxEvent[] = [];
  const waiting = new Set<() => void>();
  const sandbox = await startSandbox({
    tls: certificate,
    deliveryCa: authorityCert,
    stepDelayMs: 1,
    retryFactor: 1 / 600_000,
    ...settings,
    koywe: { ...credential, ...settings.koywe },
    onEvent(line) {
      lines.push(line);
      for (const check of waiting) check();
    },
  });
  const agent = new Agent({ connect: { ca: authorityCert }, allowH2: false });
  let current: string | undefined;

  async function call(
    method: Dispatcher.HttpMethod,
    path: string,
    options: CallOptions = {},
  ): Promise<Answered> {
    const token = options.token === undefined ? current : options.token;
    const text = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const answer = await agent.request({
      origin: sandbox.url,
      path,
      method,
      headers: {
        ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const isPlainJson =
      bytes.length > 0 &&
      answer.headers['content-encoding'] === undefined &&
      String(answer.headers['content-type']).startsWith('application/json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: bytes.toString('latin1'),
      json: isPlainJson ? JSON.parse(bytes.toString()) : {},
    };
  }

  return {
    sandbox,
    lines,
    call,
    state: () => sandbox.state(),
    async signIn(secret = credential.secret) {
      const { json } = await call('POST', '/api/v1/auth/sign-in', {
        body: { apiKey: credential.apiKey, secret },
        token: null,
      });
      current = String(json['token']);
      return current;
    },
    line: (test) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = lines.find(test);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async close() {
      await Promise.all([sandbox.close(), agent.destroy()]);
    },
  };
}

/** A valid PAYIN, for a contact that exists. */
export function payin(contactId: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'PAYIN',
    amountIn: 50_000,
    originCurrencySymbol: 'COP',
    destinationCurrencySymbol: 'COP',
    paymentMethods: [{ method: 'PSE', extra: 'BANCOLOMBIA' }],
    contactId,
    ...more,
  };
}

let contacts = 0;

/** Creates a contact of its own and answers its id. */
export async function createContact(harness: Harness): Promise<string> {
  contacts += 1;
  const { json } = await harness.call('POST', `${merchantPath}/contacts`, {
    body: {
      firstName: 'Ana',
      countrySymbol: 'CO',
      businessType: 'PERSON',
      type: 'PERSON',
      email: `a${contacts}@a.test`,
    },
  });
  return String(json['id']);
}
