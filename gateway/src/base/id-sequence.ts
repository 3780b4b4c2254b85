import type { Clock } from './clock.ts';
import { formId, type Id, type IdKind } from './ids.ts';
import { randomSource } from './random.ts';

/** The part behind the time that counts up; it starts below half of what it can hold, so that it has room. */
const COUNTER_MAX = 0xffff_ffff;
/** A clock that was further ahead than this was wrong, and there may be no month for such ids: order gives way then. */
const AHEAD_MS_MAX = 2 * 86_400_000;

/**
 * Makes ids that sort in the order in which they were made on this node: within a millisecond too, and when the clock is
 * set back by up to two days. Until then the time never goes back, 32 bits behind it count up from a random start, and 48 bits stay random.
 *
 * @example
 * const next = createIdSequence('event', systemClock);
 * next() < next(); // true
 */
export function createIdSequence<Kind extends IdKind>(kind: Kind, clock: Clock): () => Id<Kind> {
  const next = randomSource(16);
  let lastMs = 0;
  let counter = 0;
  return () => {
    const bytes = next();
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const now = clock.now();
    if (now > lastMs || lastMs - now > AHEAD_MS_MAX) {
      lastMs = now;
      counter = view.readUInt32BE(6) >>> 1;
    } else if (counter === COUNTER_MAX) {
      lastMs += 1;
      counter = 0;
    } else {
      counter += 1;
    }
    view.writeUIntBE(lastMs, 0, 6);
    view.writeUInt32BE(counter, 6);
    return formId(kind, bytes);
  };
}
