import { Fault } from '#base';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import type { OutboundAnswer } from './call.ts';
import type { AnswerHead } from './exchange.ts';
import { detailOf } from './faults.ts';

/** The answer as callers see it. */
export function createAnswer(head: AnswerHead, host: string): OutboundAnswer {
  const { status, headers, body, announcedBytes, address } = head;
  return {
    status,
    headers,
    body,
    address,

    async bytes(max) {
      const pieces: Uint8Array[] = [];
      let length = 0;
      if (announcedBytes === null || announcedBytes <= max) {
        for await (const piece of body) {
          length += piece.length;
          if (length > max) break;
          pieces.push(piece);
        }
        if (length <= max) return joined(pieces, length);
      }
      await body.return();
      throw new Fault('OUTBOUND_RESPONSE_TOO_LARGE', {
        detail: detailOf('a body over the limit', { host, phase: 'body' }),
      });
    },

    async discard() {
      let left: number = OUTBOUND_BOUNDS.discardBytesMax;
      if (announcedBytes !== null && announcedBytes > left) left = 0;
      try {
        while (left > 0) {
          const piece = await body.next();
          if (piece.done === true) return;
          left -= piece.value.length;
        }
      } catch {
        return; // Broken is as good as given up.
      }
      await body.return();
    },
  };
}

/** One copy into memory of its own: the pieces are views into the socket's buffers. */
function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
