import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import {
  type Actor,
  type AuditPort,
  type Clock,
  type ConnectionId,
  concatBytes,
  type EnvironmentId,
  Fault,
  type Limits,
  type Log,
  toFault,
} from '#base';
import { mayHaveBeenSent, type Outbound, type OutboundAnswer } from '#outbound';
import type { Credentials, OpenConnection } from './credentials.ts';
import { isRefusedPath } from './refused-path.ts';
import { createScrubber } from './scrub.ts';
import type { PlatformToken, Tokens } from './tokens.ts';

/** A call as the application made it. */
export interface ForwardCall {
  readonly environment: EnvironmentId;
  readonly connection: ConnectionId;
  readonly method: string;
  /** Raw path and query, without `/out/{connection}`. */
  readonly target: string;
  /** As received; only those the profile names pass. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly bodyBytes: number | null;
  readonly actor: Actor;
}

export interface ForwardAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Ends when the outcome is in the log, and not before. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ForwardPorts {
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

interface Body {
  /** Bytes when the call can be repeated, a stream when it can't. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly repeatable: boolean;
}

/**
 * Forwards one call under the platform's credential. The log holds the intent before anything is sent, and the outcome
 * before the answer has ended. On a 401 the token is renewed and the call repeated once, if its body can be.
 */
export async function forward(ports: ForwardPorts, call: ForwardCall): Promise<ForwardAnswer> {
  const { credentials, tokens, audit, limits, clock, log } = ports;
  const connection = await credentials.open(call.environment, call.connection);
  if (isRefusedPath(call.target, connection.platform.refusedPaths)) {
    await audit.note(
      call.environment,
      actOf(call, { action: 'call.refused', outcome: 'refused', code: 'PATH_NOT_FORWARDED' }),
    );
    throw new Fault('PATH_NOT_FORWARDED');
  }
  const startedAtMs = clock.monotonic();
  await audit.note(call.environment, actOf(call, { action: 'call.started', outcome: 'intent' }));
  const finish = (facts: { status?: number; code?: string; sent?: boolean }): Promise<void> => {
    const outcome = facts.code === undefined ? 'success' : 'failure';
    const durationMs = Math.round(clock.monotonic() - startedAtMs);
    const { status, code } = facts;
    log.info('call forwarded', {
      connection: call.connection,
      platform: connection.platform.name,
      method: call.method,
      durationMs,
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
    });
    return audit.note(
      call.environment,
      actOf(call, { action: 'call.finished', outcome, durationMs, ...facts }),
    );
  };
  try {
    const body = await bodyOf(call, limits);
    const token = await tokens.get(connection);
    let used = token;
    let answer = await send(ports, { call, connection, token, body });
    if (answer.status === 401) {
      await answer.discard();
      used = await tokens.get(connection, token);
      if (!body.repeatable)
        throw new Fault('BUSY', {
          detail: 'The token has been renewed; nothing was done.',
          retryAfterSeconds: 1,
        });
      answer = await send(ports, { call, connection, token: used, body });
    }
    if (answer.status === 401) {
      await answer.discard();
      throw new Fault('PLATFORM_CREDENTIAL_REFUSED', { detail: 'The platform refused a new token.' });
    }
    const finished = finish({ status: answer.status });
    // Awaited at the end of the body; until then a failure must not count as unhandled.
    finished.catch(() => undefined);
    return answerOf({ answer, connection, secrets: [token.text, used.text], finished, limits });
  } catch (thrown) {
    const fault = toFault(thrown);
    await finish({ code: fault.code, sent: mayHaveBeenSent(fault) });
    throw fault;
  }
}

interface Sending {
  readonly call: ForwardCall;
  readonly connection: OpenConnection;
  readonly token: PlatformToken;
  readonly body: Body;
}

function send(
  { outbound }: ForwardPorts,
  { call, connection, token, body }: Sending,
): Promise<OutboundAnswer> {
  const allowed = connection.platform.requestHeaders;
  const passing = call.headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => allowed.includes(name) && !namedByConnection(call.headers, name));
  return outbound.call({
    origin: connection.baseUrl,
    target: call.target,
    method: call.method,
    headers: [...passing, ['authorization', `Bearer ${token.text}`]],
    body: body.content,
    bodyBytes: call.bodyBytes,
    pool: connection.id,
  });
}

function namedByConnection(headers: ForwardCall['headers'], name: string): boolean {
  return headers.some(
    ([header, value]) =>
      header.toLowerCase() === 'connection' &&
      value
        .toLowerCase()
        .split(/[ ,\t]+/)
        .includes(name),
  );
}

/** A small body is read whole, so that the call can be repeated; a large or unmeasured one is streamed once. */
async function bodyOf(call: ForwardCall, limits: Limits): Promise<Body> {
  if (call.body === null) return { content: null, repeatable: true };
  if (call.bodyBytes === null || call.bodyBytes > limits.forwardRepeatBytesMax) {
    return { content: counted(call.body, limits.forwardBodyBytesMax), repeatable: false };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of counted(call.body, limits.forwardBodyBytesMax)) chunks.push(chunk);
  const content = concatBytes(chunks);
  if (content.length !== call.bodyBytes) throw new Fault('LENGTH_MISMATCH');
  return { content, repeatable: true };
}

interface Answering {
  readonly answer: OutboundAnswer;
  readonly connection: OpenConnection;
  readonly secrets: readonly string[];
  readonly finished: Promise<void>;
  readonly limits: Limits;
}

function answerOf({ answer, connection, secrets, finished, limits }: Answering): ForwardAnswer {
  const scrubber = createScrubber([...secrets, ...Object.values(connection.credential)]);
  const allowed = connection.platform.responseHeaders;
  const headers = answer.headers
    .filter(([name]) => allowed.includes(name))
    .map(([name, value]) => [name, scrubber.text(value)] as const);
  const encoding = answer.headers.find(([name]) => name === 'content-encoding')?.[1] ?? 'identity';
  const plain = decoded(answer, encoding, limits.outboundResponseBytesMax);
  return { status: answer.status, headers, body: endingAfter(scrubber.stream(plain), finished) };
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = Object.freeze({
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
});

/** We ask for plain answers; one that is packed all the same is unpacked, or no secret could be found in it. */
function decoded(answer: OutboundAnswer, encoding: string, bytesMax: number): AsyncIterable<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return answer.body;
  const decoder = DECODERS[name];
  if (decoder === undefined)
    throw new Fault('OUTBOUND_RESPONSE_INVALID', { detail: 'Its content encoding is not known.' });
  return counted(unpacked(answer.body, decoder()), bytesMax, 'OUTBOUND_RESPONSE_TOO_LARGE');
}

async function* unpacked(
  body: AsyncIterable<Uint8Array>,
  decoder: NodeJS.ReadWriteStream,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(body, { objectMode: false });
  source.on('error', (error) => decoder.emit('error', error));
  for await (const chunk of source.pipe(decoder))
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** Holds the last piece back until the outcome is in the log. */
async function* endingAfter(
  body: AsyncIterable<Uint8Array>,
  finished: Promise<void>,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | null = null;
  for await (const chunk of body) {
    if (held !== null) yield held;
    held = chunk;
  }
  await finished;
  if (held !== null) yield held;
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  code: 'BODY_TOO_LARGE' | 'OUTBOUND_RESPONSE_TOO_LARGE' = 'BODY_TOO_LARGE',
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault(code, { detail: `At most ${bytesMax} bytes.` });
    yield chunk;
  }
}

interface ActFacts {
  readonly action: 'call.started' | 'call.finished' | 'call.refused';
  readonly outcome: 'intent' | 'success' | 'failure' | 'refused';
  readonly status?: number;
  readonly code?: string;
  readonly sent?: boolean;
  readonly durationMs?: number;
}

function actOf(call: ForwardCall, { action, outcome, ...facts }: ActFacts) {
  return {
    action,
    outcome,
    actor: call.actor,
    resource: `connection:${call.connection}`,
    details: { method: call.method, ...facts },
  };
}
