import { readFile } from 'node:fs/promises';
import { loadClientConfig, openSecretText } from '@sallyport/gateway/base';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { Problem, usageProblem } from '../problem.ts';
import { findProfile } from './profile.ts';
import { transportProblem } from './transport.ts';

/** The administration surface of a gateway. */
export interface Client {
  /** The origin it calls. */
  readonly url: string;
  /** PEM of the authority that it trusts besides the public ones. */
  readonly ca: string | null;
  /** The parsed answer. Throws the gateway's problem with its code, or what kept the call from getting through. */
  call(call: AdminCall): Promise<unknown>;
  /** The lines of an NDJSON answer, as bytes. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/admin/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  /** What makes a repetition of the call known as one. */
  readonly idempotencyKey?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

const problemShape = z.object({
  code: z.string().max(60),
  title: z.string().max(300).catch(''),
  detail: z.string().max(2_000).catch(''),
  requestId: z.string().max(60).nullish(),
  fields: z.array(z.object({ path: z.string(), problem: z.string() })).optional(),
});

/** Runs work with a client of the gateway that variables, or the profile of `dev`, name. */
export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const target = await findTarget();
  const agent = new Agent({
    connect: {
      minVersion: 'TLSv1.2',
      // Explicit: NODE_TLS_REJECT_UNAUTHORIZED must not switch verification off.
      rejectUnauthorized: true,
      timeout: CONNECT_TIMEOUT_MS,
      ...(target.ca === null ? {} : { ca: target.ca }),
    },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  try {
    return await work(clientOf(target, agent));
  } finally {
    await agent.destroy();
  }
}

/** Where an application's own calls go, when `SALLYPORT_KEY` names a key for them; `null` when it does not. */
export async function findApplication(): Promise<Target | null> {
  const { key, url, caFile } = loadClientConfig();
  if (key === null) return null;
  if (url === null)
    throw usageProblem('SALLYPORT_KEY is set, but not where it belongs.', 'Set SALLYPORT_URL as well.');
  const ca = caFile === null ? null : await readCa(caFile);
  return { url: checkedUrl(url), key: openSecretText(key), ca };
}

export interface Target {
  readonly url: string;
  readonly key: string;
  readonly ca: string | null;
}

/** Variables first. A key goes nowhere but to the address it was given with: a variable's address never gets the profile's key. */
async function findTarget(): Promise<Target> {
  const config = loadClientConfig();
  const stateDirectory = process.env['SALLYPORT_STATE_DIRECTORY'];
  const profile = config.url === null ? await findProfile({ cwd: process.cwd(), stateDirectory }) : null;
  const url = config.url ?? profile?.url;
  if (url === undefined) throw noGateway();
  const key = config.adminKey === null ? profile?.adminKey.secret : openSecretText(config.adminKey);
  if (key === undefined) {
    throw usageProblem(
      'SALLYPORT_URL is set, but no key for it.',
      'Set SALLYPORT_ADMIN_KEY_FILE (a file of mode 0600) or SALLYPORT_ADMIN_KEY.',
    );
  }
  const caFile = config.caFile ?? profile?.caFile ?? null;
  return { url: checkedUrl(url), key, ca: caFile === null ? null : await readCa(caFile) };
}

function checkedUrl(url: string): string {
  if (url.startsWith('https://')) return url;
  throw usageProblem('SALLYPORT_URL is not an https:// address.', 'A key never goes over plain HTTP.');
}

async function readCa(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Problem({
    code: 'CA_UNREADABLE',
    message: `${file} holds no certificate that can be read.`,
    remedy: 'Set SALLYPORT_CA_FILE to the PEM file of the authority, or start `npm start` again.',
  });
}

function noGateway(): Problem {
  return new Problem({
    code: 'NO_GATEWAY',
    message: 'No gateway is named, and none was started here with `npm start`.',
    remedy: 'Set SALLYPORT_URL and SALLYPORT_ADMIN_KEY_FILE (and SALLYPORT_CA_FILE for a private authority).',
  });
}

function clientOf({ url, key, ca }: Target, agent: Agent): Client {
  const send = async ({ method, path, query = {}, body, idempotencyKey }: AdminCall) => {
    const address = new URL(`/admin/v1${path}`, url);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) address.searchParams.set(name, value);
    try {
      return await request(address, {
        method,
        dispatcher: agent,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          'user-agent': 'sallyport-cli',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (thrown) {
      throw transportProblem(thrown, url);
    }
  };
  return {
    url,
    ca,
    async call(call) {
      const { statusCode, body } = await send(call);
      const text = await readText(body, url);
      if (statusCode >= 200 && statusCode < 300) return text === '' ? null : parse(text, url);
      throw problemOf(statusCode, text, url);
    },
    async *stream(path) {
      const { statusCode, body } = await send({ method: 'GET', path });
      if (statusCode !== 200) throw problemOf(statusCode, await readText(body, url), url);
      try {
        for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
      } catch (thrown) {
        throw transportProblem(thrown, url);
      }
    },
  };
}

async function readText(body: AsyncIterable<unknown>, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) throw notSallyport(url);
      chunks.push(chunk);
    }
  } catch (thrown) {
    throw transportProblem(thrown, url);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, url: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw notSallyport(url);
  }
}

function problemOf(status: number, text: string, url: string): Problem {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Whatever answers there, its text is not for the terminal.
  }
  const found = problemShape.safeParse(value);
  if (!found.success) return notSallyport(url, status);
  const { code, title, detail, requestId, fields = [] } = found.data;
  return new Problem({
    code,
    message: title === '' ? code : title,
    remedy: detail,
    fields,
    request: requestId ?? null,
  });
}

function notSallyport(url: string, status?: number): Problem {
  return new Problem({
    code: 'NOT_A_GATEWAY',
    message: `What answers at ${url} is no Sallyport${status === undefined ? '' : ` (status ${status})`}.`,
    remedy: 'Check SALLYPORT_URL, and what stands between here and there.',
  });
}
