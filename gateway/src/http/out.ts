import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type ConnectionId, Fault, isId, type Limits } from '#base';
import type { Connections } from '#connections';
import { FORWARDED } from './admission.ts';
import { sendPieces } from './answer-pieces.ts';
import type { Answering } from './answering.ts';
import { hasBody, streamBody } from './body.ts';
import type { Door, Entered } from './door.ts';
import type { Handle } from './hooks.ts';
import type { ReceivedOf } from './received.ts';

export interface OutRooms {
  readonly door: Door;
  readonly connections: Connections;
  readonly limits: Limits;
  readonly received: ReceivedOf;
  readonly answering: Answering;
}

/** Methods that are forwarded. */
export const METHODS_FORWARDED: readonly string[] = Object.freeze(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const ROUTE = `${FORWARDED}*`;

/**
 * `ANY /out/{connection}/{path}`: the call goes on under the platform's credential, streamed both ways. Beside Fastify, as
 * webhooks are.
 */
export function createOut({ door, connections, limits, received, answering }: OutRooms): Handle {
  const bytesMax = limits.forwardBodyBytesMax;

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const facts = received(request);
    const { connection, target } = splitOut(facts.target.path);
    const on = { kind: 'connection', id: connection ?? '' } as const;
    const {
      principal,
      actor,
      body: read,
      again,
    } = await door.enter(request, {
      surface: 'runtime',
      scope: 'calls:send',
      on,
      route: connection ?? '',
      response,
    });
    if (connection === null) throw new Fault('CONNECTION_NOT_FOUND');
    const bodyBytes = lengthOf(request.headers['content-length']);
    if (bodyBytes !== null && bodyBytes > bytesMax)
      throw new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` });
    const answer = await connections.forward({
      environment: principal.environment,
      connection,
      method: request.method ?? 'GET',
      target: target + facts.target.query,
      headers: pairsOf(request.rawHeaders),
      body: read !== null ? whole(read) : bodyOf(request, { bytesMax, again }),
      bodyBytes: read?.length ?? bodyBytes,
      actor,
    });
    try {
      response.statusCode = answer.status;
      for (const [name, values] of joined(answer.headers)) response.setHeader(name, values);
      answering.begin(request, response);
    } catch (thrown) {
      // An answer nobody reads is abandoned with its outcome unwritten: leaving it settles both.
      await answer.body.return?.();
      throw thrown;
    }
    await sendPieces(response, answer.body);
  };

  return (request, response) => {
    pass(request, response).catch((thrown: unknown) =>
      answering.fail({ request, response, route: ROUTE }, thrown),
    );
  };
}

/** The connection is `null` where the path names none: who may not come in is told so first. */
function splitOut(path: string): { connection: ConnectionId | null; target: string } {
  const rest = path.slice(FORWARDED.length);
  const slash = rest.indexOf('/');
  const connection = rest.slice(0, slash);
  return { connection: isId('connection', connection) ? connection : null, target: rest.slice(slash) };
}

function bodyOf(
  raw: IncomingMessage,
  { bytesMax, again }: { readonly bytesMax: number; readonly again: Entered['again'] },
): AsyncIterable<Uint8Array> | null {
  if (!hasBody(raw)) return null;
  const body = streamBody(raw, bytesMax);
  // What is all here already was held back by nobody.
  return raw.complete ? body : whileAllowed(body, again);
}

/**
 * A body as it arrives, for as long as its sender may still come in. Asked before each piece and before the end, so that what
 * was revoked meanwhile never completes a call.
 */
async function* whileAllowed(
  body: AsyncIterable<Uint8Array>,
  again: Entered['again'],
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    await again();
    yield piece;
  }
  await again();
}

/** A body that was read already, as the stream it would have been; none where it is empty. */
function whole(bytes: Uint8Array): AsyncIterable<Uint8Array> | null {
  return bytes.length === 0 ? null : Readable.from([bytes], { objectMode: true });
}

function lengthOf(contentLength: string | undefined): number | null {
  return contentLength === undefined ? null : Number(contentLength);
}

function pairsOf(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return pairs;
}

/** Fields of one name together; set one by one, the last would replace the others. */
function joined(headers: readonly (readonly [string, string])[]): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of headers) fields.set(name, [...(fields.get(name) ?? []), value]);
  return fields;
}
