import { createHash } from 'node:crypto';
import { equalBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from '#base';
import { KEY_BYTES } from './chunked.ts';

export interface RootKey {
  readonly id: string;
  readonly key: Uint8Array;
}

export type RootKeyReading =
  | { readonly ok: true; readonly rootKey: RootKey }
  | { readonly ok: false; readonly reason: 'form' | 'checksum' };

/** More than any root key file has. */
export const ROOT_KEY_FILE_BYTES_MAX = 1_024;

const HEADER =
  '# Sallyport root key, version 1. Keep a copy away from the database: without it nothing stored can be opened.';
const FORM =
  /^(?<content>(?<header>#[^\n]*)\nid (?<id>rk_[0-9a-f]{32})\nkey (?<key>[^\n]{44})\n)check (?<check>[^\n]{64})\n$/;

/** The text of a root key file: a header line, id, key in base64, and a SHA-256 over the lines before it. */
export function formatRootKey({ id, key }: RootKey): string {
  const content = `${HEADER}\nid ${id}\nkey ${toBase64(key)}\n`;
  return `${content}check ${toHex(checksum(content))}\n`;
}

/** Reads the text of a root key file; anything but the exact form with a fitting checksum is refused. */
export function readRootKey(text: string): RootKeyReading {
  const groups = FORM.exec(text)?.groups;
  const { content, header, id, key: encoded, check } = groups ?? {};
  if (content === undefined || id === undefined || encoded === undefined || check === undefined) {
    return { ok: false, reason: 'form' };
  }
  const key = fromBase64(encoded);
  const expected = fromHex(check, 32);
  if (header !== HEADER || key?.length !== KEY_BYTES || expected === null)
    return { ok: false, reason: 'form' };
  if (!equalBytes(expected, checksum(content)) || check !== check.toLowerCase())
    return { ok: false, reason: 'checksum' };
  return { ok: true, rootKey: { id, key } };
}

function checksum(content: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(utf8(content)).digest());
}
