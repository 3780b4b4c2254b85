import type { Configured } from './configured.ts';
import type { Piece } from './content.ts';
import type { Reason } from './reasons.ts';

/** A message as it came, with what is configured for it. */
export interface ReadingInput extends Configured {
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** What a message says of its signature. Nothing in it is trusted yet. */
export type Reading = Read | NotRead;

export interface Read {
  readonly ok: true;
  /** Mostly one. Every one of them has to verify. */
  readonly messages: readonly SignedMessage[];
  readonly id: string | null;
  readonly timestampMs: number | null;
}

export interface SignedMessage {
  /** Any one of them has to fit. */
  readonly signatures: readonly Uint8Array[];
  /** Any one of them has to be what was signed. */
  readonly contents: readonly (readonly Piece[])[];
}

export interface NotRead {
  readonly ok: false;
  readonly reason: Reason;
  readonly timestampMs: number | null;
}

export function notRead(reason: Reason, timestampMs: number | null = null): NotRead {
  return { ok: false, reason, timestampMs };
}
