import { type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { isUtcTime } from '../entry.ts';
import { EvidenceError } from '../evidence-error.ts';
import { hashBytes } from '../merkle/hash.ts';
import { encodeNote, type NoteSignature, parseNote } from './note.ts';
import { isKeyName, keyIdFor, parseVerifierKey, type VerifierKey } from './verifier-key.ts';

/** The head of a log: how many leaves, and their root. `time` is when it was signed, if the log says so. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly time: string | null;
};

export type CheckpointRefusal =
  | 'malformed'
  | 'key-malformed'
  | 'wrong-origin'
  | 'not-signed-by-key'
  | 'signature-invalid';

type Refused<Reason> = { readonly ok: false; readonly reason: Reason };

/**
 * Signs the head of a log as a C2SP tlog-checkpoint; the name of the key is the origin.
 * `key` is an Ed25519 private key, `root` 32 bytes, `time` ISO 8601 in UTC with milliseconds and written as the
 * extension line `time …`. Throws `argument-refused` or `key-refused`.
 * @example signCheckpoint({ origin: 'sallyport/env_1', size: tree.size, root: treeRoot(tree), key });
 */
export function signCheckpoint(options: {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly key: KeyObject;
  readonly time?: string;
}): string {
  const { origin, size, root, key, time } = options;
  if (!isKeyName(origin)) throw refused('the origin is not allowed as the name of a key');
  if (!Number.isSafeInteger(size) || size < 0) throw refused('the size is not a number of leaves');
  if (root.length !== hashBytes) throw refused('the root is not 32 bytes long');
  if (time !== undefined && !isUtcTime(time))
    throw refused('the time is not ISO 8601 in UTC with milliseconds');
  if (key.type !== 'private') throw new EvidenceError('key-refused', 'not a private key');
  const keyId = keyIdFor(origin, key);
  const extension = time === undefined ? '' : `time ${time}\n`;
  const text = `${origin}\n${size}\n${encodeBase64(root)}\n${extension}`;
  return encodeNote(text, { name: origin, keyId, signature: sign(null, Buffer.from(text, 'utf8'), key) });
}

/**
 * Reads a checkpoint without checking any signature: nothing it says can be relied on. Never throws.
 * Extension lines other than `time` are passed over, as they are opaque (C2SP tlog-checkpoint, "Note text").
 */
export function parseCheckpoint(
  text: string,
):
  | ({ readonly ok: true; readonly signatures: readonly NoteSignature[] } & Checkpoint)
  | Refused<'malformed'> {
  const malformed: Refused<'malformed'> = { ok: false, reason: 'malformed' };
  const note = parseNote(text);
  if (note === null) return malformed;
  const lines = note.text.slice(0, -1).split('\n');
  const [origin, sizeText, rootText, ...extensions] = lines;
  if (lines.includes('') || origin === undefined || sizeText === undefined || rootText === undefined)
    return malformed;
  if (!/^(?:0|[1-9]\d{0,15})$/.test(sizeText)) return malformed;
  const size = Number(sizeText);
  const root = decodeBase64(rootText);
  if (!Number.isSafeInteger(size) || root === null || root.length !== hashBytes) return malformed;
  const times = extensions
    .filter((line) => line.startsWith('time '))
    .map((line) => line.slice('time '.length));
  if (times.length > 1 || !times.every(isUtcTime)) return malformed;
  return { ok: true, origin, size, root, time: times[0] ?? null, signatures: note.signatures };
}

/**
 * Checks a checkpoint against the one key that may sign it; the origin must be the name of that key. Never throws.
 * Signatures of other keys are ignored; one of this key that fails refuses the whole (C2SP signed-note, "Signatures").
 * @example const verdict = verifyCheckpoint(note, verifierKey); if (verdict.ok) verdict.size;
 */
export function verifyCheckpoint(
  text: string,
  verifierKey: string,
): ({ readonly ok: true } & Checkpoint) | Refused<CheckpointRefusal> {
  const key = parseVerifierKey(verifierKey);
  return key.ok ? verifyCheckpointWithKey(text, key) : { ok: false, reason: 'key-malformed' };
}

/** Checks a checkpoint as `verifyCheckpoint` does, with a key already read. */
export function verifyCheckpointWithKey(
  text: string,
  key: VerifierKey,
): ({ readonly ok: true } & Checkpoint) | Refused<CheckpointRefusal> {
  const parsed = parseCheckpoint(text);
  if (!parsed.ok) return parsed;
  const { origin, size, root, time } = parsed;
  if (origin !== key.name) return { ok: false, reason: 'wrong-origin' };
  const own = parsed.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  if (own.length === 0) return { ok: false, reason: 'not-signed-by-key' };
  const signed = Buffer.from(text.slice(0, text.lastIndexOf('\n\n') + 1), 'utf8');
  if (!own.every(({ signature }) => verify(null, signed, key.publicKey, signature))) {
    return { ok: false, reason: 'signature-invalid' };
  }
  return { ok: true, origin, size, root, time };
}

function refused(message: string): EvidenceError {
  return new EvidenceError('argument-refused', message);
}
