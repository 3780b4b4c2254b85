import type { IncomingMessage } from 'node:http';
import { Fault, isJsonType, type Limits, parseJson } from '#base';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { singleHeader } from './received.ts';

export interface JsonBodyRooms {
  readonly limits: Limits;
  readonly budget: ByteBudget;
}

/** Reads a JSON body. Throws `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_BODY`, and what `readBody` throws. */
export async function readJson(
  request: IncomingMessage,
  { limits, budget }: JsonBodyRooms,
): Promise<unknown> {
  const type = singleHeader(request, 'content-type');
  const encoding = singleHeader(request, 'content-encoding');
  if (!isJsonType(type) || encoding !== undefined) throw new Fault('UNSUPPORTED_MEDIA_TYPE');
  return parseJson(await readBody({ request, bytesMax: limits.adminBodyBytesMax, budget }));
}
