import type { IncomingMessage } from 'node:http';
import { Fault, type Limits, textOf } from '#base';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { singleHeader } from './received.ts';

// Exactly this type: what one reader takes for JSON and another doesn't has bypassed validation elsewhere.
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
const JSON_DEPTH_MAX = 32;

export interface JsonBodyRooms {
  readonly limits: Limits;
  readonly budget: ByteBudget;
  /** The body, where it was read before. */
  readonly read?: Uint8Array | null;
}

/** Reads a JSON body. Throws `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_BODY`, and what `readBody` throws. */
export async function readJson(
  request: IncomingMessage,
  { limits, budget, read = null }: JsonBodyRooms,
): Promise<unknown> {
  const type = singleHeader(request, 'content-type');
  const encoding = singleHeader(request, 'content-encoding');
  if (type === undefined || !JSON_TYPE.test(type) || encoding !== undefined)
    throw new Fault('UNSUPPORTED_MEDIA_TYPE');
  const bytesMax = limits.adminBodyBytesMax;
  if (read !== null && read.length > bytesMax)
    throw new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` });
  return parseJson(read ?? (await readBody({ request, bytesMax, budget })));
}

/** Parses a JSON body: UTF-8, bounded depth, no `__proto__`. */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes), (name, child: unknown) => {
      if (name === '__proto__') throw new SyntaxError('reserved name');
      return child;
    });
  } catch {
    throw new Fault('MALFORMED_BODY'); // without its cause, whose message quotes the body
  }
  if (depthOf(value, 0) > JSON_DEPTH_MAX)
    throw new Fault('MALFORMED_BODY', { detail: `It is nested deeper than ${JSON_DEPTH_MAX}.` });
  return value;
}

function depthOf(value: unknown, depth: number): number {
  if (depth > JSON_DEPTH_MAX || typeof value !== 'object' || value === null) return depth;
  return Object.values(value).reduce<number>(
    (deepest, child) => Math.max(deepest, depthOf(child, depth + 1)),
    depth,
  );
}
