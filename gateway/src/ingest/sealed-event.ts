import { z } from 'zod';
import { concatBytes, type EventId, textOf, utf8 } from '#base';
import type { Sealer } from '#keyring';
import type { KeptHeaders } from './kept-headers.ts';
import type { BodyRow } from './queries.ts';

const headShape = z.array(z.tuple([z.string(), z.string()]));

/** An event's headers and body, sealed as one value. */
export interface SealedEvent {
  /** How many of the sealed bytes are headers. */
  readonly headBytes: number;
  readonly sealed: Uint8Array;
}

/**
 * Seals what an event carries: headers, as JSON, in front of the body. One value costs one derived key; two would cost two.
 *
 * @example const { headBytes, sealed } = sealEvent(sealer, { id, headers: [['content-type', 'text/plain']], body });
 */
export function sealEvent(
  sealer: Sealer,
  { id, headers, body }: { id: EventId; headers: KeptHeaders; body: Uint8Array },
): SealedEvent {
  const head = utf8(JSON.stringify(headers));
  return {
    headBytes: head.length,
    sealed: sealer.seal({ record: id, field: 'message' }, concatBytes([head, body])),
  };
}

/** Opens it; an event from before headers were kept has none. Throws `OPEN_FAILED`. */
export async function openEvent(
  sealer: Sealer,
  { id, head_bytes: headBytes, sealed_body: sealed }: Pick<BodyRow, 'id' | 'head_bytes' | 'sealed_body'>,
): Promise<{ readonly headers: KeptHeaders; readonly body: Uint8Array }> {
  if (headBytes === null)
    return { headers: [], body: await sealer.open({ record: id, field: 'body' }, sealed) };
  const message = await sealer.open({ record: id, field: 'message' }, sealed);
  const headers = headShape.parse(JSON.parse(textOf(message.subarray(0, headBytes))));
  return { headers, body: message.subarray(headBytes) };
}
