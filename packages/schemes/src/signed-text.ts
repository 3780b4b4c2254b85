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
 * Signed content as a person can read and compare it: as text, what can't be seen as an escape, such as `\n` or `\u{202e}`; of bytes
 * that are not UTF-8 the hex, after `hex:`. In place of a secret stands `{secret}`, also where a sender wrote it into the body.
 *
 * @example signedText(['evt_1', '.', Buffer.from('{}\n')], []); // 'evt_1.{}\\n'
 */
export function signedText(content: readonly Piece[], secrets: readonly SchemeSecret[]): string {
  const bytes = Buffer.concat(content.map((piece) => Buffer.from(piece === SECRET ? PLACEHOLDER : piece)));
  const isText = isUtf8(bytes);
  const shown = isText ? bytes.toString('utf8') : `hex:${bytes.toString('hex')}`;
  const clean = spellings(secrets).reduce((text, secret) => text.replaceAll(secret, PLACEHOLDER), shown);
  return isText ? clean.replaceAll(HIDDEN, escaped) : clean;
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}

/** How a secret could stand in a text. */
function spellings(secrets: readonly SchemeSecret[]): readonly string[] {
  return secrets
    .filter(({ bytes }) => bytes.length > 0)
    .flatMap(({ bytes }) => {
      const buffer = Buffer.from(bytes);
      const base64 = buffer.toString('base64');
      const written = [
        base64,
        base64.replace(/=+$/, ''),
        buffer.toString('base64url'),
        buffer.toString('hex'),
      ];
      return isUtf8(buffer) ? [buffer.toString('utf8'), ...written] : written;
    });
}
