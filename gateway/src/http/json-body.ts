import type { IncomingMessage } from 'node:http';
import { Fault, isJsonType, type Limits, parseJson } from '#base';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { singleHeader } from './received.ts';

export interface JsonBodyRooms {
  readonly limits: Limits;
  readonly budget: ByteBudget;
  /** The body, where it was read before. */
  readonly read?: Uint8Array | null;
}

/** Reads a JSON body; the bytes as they came, and their value. Throws `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_BODY`, and what `readBody` throws. */
export async function readJson(
  request: IncomingMessage,
  { limits, budget, read = null }: JsonBodyRooms,
): Promise<{ readonly bytes: Uint8Array; readonly value: unknown }> {
  const type = singleHeader(request, 'content-type');
  const encoding = singleHeader(request, 'content-encoding');
  if (!isJsonType(type) || encoding !== undefined) throw new Fault('UNSUPPORTED_MEDIA_TYPE');
  const bytesMax = limits.adminBodyBytesMax;
  if (read !== null && read.length > bytesMax)
    throw new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` });
  const bytes = read ?? (await readBody({ request, bytesMax, budget }));
  return { bytes, value: parseJson(bytes) };
}
