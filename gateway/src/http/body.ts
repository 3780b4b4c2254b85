import type { IncomingMessage } from 'node:http';
import { Fault } from '#base';

/** A number of bytes shared by all requests that are being received, so that many slow large bodies stay bounded. */
export interface ByteBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Makes a budget of `bytesMax` bytes. */
export function createByteBudget(bytesMax: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > bytesMax) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

export interface ReadBodyOptions {
  readonly request: IncomingMessage;
  readonly bytesMax: number;
  readonly budget: ByteBudget;
}

/**
 * Reads a whole body, counting while it streams: an announced length is checked first, chunked bodies as they come.
 *
 * Throws `BODY_TOO_LARGE`, `BUSY` (budget spent) or `LENGTH_MISMATCH` (the sender went away).
 */
export function readBody({ request, bytesMax, budget }: ReadBodyOptions): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bytesMax)
    return Promise.reject(new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (fault: Fault | null): void => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      budget.give(bytes);
      if (fault === null)
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
      else reject(fault);
    };
    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > bytesMax) {
        settle(new Fault('BODY_TOO_LARGE', { detail: `At most ${bytesMax} bytes.` }));
        return;
      }
      if (!budget.take(chunk.length)) {
        settle(new Fault('BUSY', { retryAfterSeconds: 1 }));
        return;
      }
      bytes += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = (): void => settle(request.complete ? null : new Fault('LENGTH_MISMATCH'));
    const onBroken = (): void => settle(new Fault('LENGTH_MISMATCH'));
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}
