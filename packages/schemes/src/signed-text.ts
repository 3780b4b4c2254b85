import { isUtf8 } from 'node:buffer';
import { type Piece, SECRET } from './content.ts';
import type { SchemeSecret } from './secret.ts';

/** What is not to be seen on a terminal, or makes text look like other text; and the backslash, so that it can be undone. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\\]/gu;
const SHORT: Readonly<Record<string, string>> = Object.freeze({
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
});
const PLACEHOLDER = '{secret}';

/**
 * Signed content as a person can read and compare it, all of it: as text, what can't be seen as an escape, such as `\n` or `\u{202e}`; of
 * bytes that are not UTF-8 the hex, after `hex:`. In place of a secret stands `{secret}`, also where a sender wrote it into the body.
 *
 * @example signedText(['evt_1', '.', Buffer.from('{}\n')], []); // 'evt_1.{}\\n'
 */
export function signedText(content: readonly Piece[], secrets: readonly SchemeSecret[]): string {
  const given = Buffer.concat(content.map((piece) => Buffer.from(piece === SECRET ? PLACEHOLDER : piece)));
  const bytes = Buffer.from(withoutSecrets(given.toString('latin1'), secrets), 'latin1');
  if (!isUtf8(bytes)) return `hex:${bytes.toString('hex')}`;
  return bytes.toString('utf8').replaceAll(HIDDEN, escaped);
}

/** A text of bytes, one character for each, in which `{secret}` stands wherever a secret stood, however it was written. */
export function withoutSecrets(text: string, secrets: readonly SchemeSecret[]): string {
  const spellings = secrets
    .filter(({ bytes }) => bytes.length > 0)
    .flatMap(({ bytes }) => spellingsOf(bytes));
  return spellings.reduce((left, spelling) => left.replaceAll(spelling, PLACEHOLDER), text);
}

function spellingsOf(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes);
  const raw = buffer.toString('latin1');
  const base64 = buffer.toString('base64');
  const hex = buffer.toString('hex');
  const inJson = JSON.stringify(raw).slice(1, -1);
  return [
    raw,
    inJson,
    base64,
    base64.replace(/=+$/, ''),
    buffer.toString('base64url'),
    hex,
    hex.toUpperCase(),
  ];
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}
