import { decodeBase64 } from '../base64.ts';
import { limits } from '../limits.ts';
import { isKeyName } from './verifier-key.ts';

/** A signed note taken apart: the signed text with its last newline, and the signatures, none of them checked. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };
export type NoteSignature = { readonly name: string; readonly keyId: string; readonly signature: Uint8Array };

const keyIdBytes = 4;

/**
 * Takes a signed note apart (C2SP signed-note, "Format"); null when it is not one. Never throws.
 * @example parseNote('text\n\n— name AAAAAAA=\n')?.text; // 'text\n'
 */
export function parseNote(note: string): Note | null {
  if (note.length > limits.checkpointCharactersMax || !note.isWellFormed()) return null;
  // The specification refuses control characters below U+0020 but newline; the others (U+007F to U+009F) are refused
  // as well, since checkpoints are printed.
  if (/(?!\n)\p{Cc}/u.test(note)) return null;
  // The last blank line parts text and signatures, since the text may have blank lines itself.
  const blank = note.lastIndexOf('\n\n');
  if (blank < 1 || !note.endsWith('\n')) return null;
  const lines = note.slice(blank + 2, -1).split('\n');
  if (lines.length > limits.signaturesMax) return null;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === null) return null;
    signatures.push(signature);
  }
  return { text: note.slice(0, blank + 1), signatures };
}

/** Writes a note with one signature. */
export function encodeNote(text: string, signature: NoteSignature): string {
  const bytes = Buffer.concat([Buffer.from(signature.keyId, 'hex'), signature.signature]);
  return `${text}\n— ${signature.name} ${bytes.toString('base64')}\n`;
}

function parseSignatureLine(line: string): NoteSignature | null {
  const [dash, name, base64, ...rest] = line.split(' ');
  if (dash !== '—' || name === undefined || base64 === undefined || rest.length > 0) return null;
  const bytes = decodeBase64(base64);
  if (!isKeyName(name) || bytes === null || bytes.length <= keyIdBytes) return null;
  return {
    name,
    keyId: Buffer.from(bytes.subarray(0, keyIdBytes)).toString('hex'),
    signature: bytes.subarray(keyIdBytes),
  };
}
