import type { Reason } from './reasons.ts';
import type { Scheme } from './scheme.ts';

/** What came of a verification: a value, also when the message is refused. */
export type Verdict = Accepted | Refused;

export interface Accepted {
  readonly ok: true;
  readonly scheme: Scheme['name'];
  /** Which of the secrets it was, so that the use of an old one can be counted. */
  readonly secretId: string;
  /** 32 bytes, the same for the same event, from signed content alone. */
  readonly duplicateKey: Uint8Array;
  /** The platform's own id as signed, or `null`; never from a header that isn't signed. */
  readonly eventId: string | null;
  /** The signed time in milliseconds since 1970, or `null` where none is signed. */
  readonly timestampMs: number | null;
  /** The sender's time minus ours, or `null` where none is signed. */
  readonly clockDifferenceMs: number | null;
  /** What the signature does not vouch for. */
  readonly notCovered: readonly string[];
}

export interface Refused {
  readonly ok: false;
  readonly reason: Reason;
  /** The sender's time minus ours (positive: the sender is ahead), or `null` without a readable timestamp. */
  readonly clockDifferenceMs: number | null;
}
