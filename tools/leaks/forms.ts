/** A byte sequence to look for, and how it stands for the value. */
export interface Form {
  readonly form: string;
  readonly bytes: Buffer;
}

/**
 * Every form in which a text would give itself away in a file: raw, in JSON, percent-encoded, grouped, hexadecimal, base64 and
 * base64url (at each of the three alignments it can have inside a longer text) and UTF-16.
 * @example formsOf('s3cret').map(({ form }) => form)
 */
export function formsOf(value: string): readonly Form[] {
  const bytes = Buffer.from(value, 'utf8');
  const texts: readonly (readonly [string, string])[] = [
    ['raw', value],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    ['JSON in ASCII', escapeNonAscii(JSON.stringify(value).slice(1, -1))],
    ['percent-encoded', encodeURIComponent(value)],
    ['hexadecimal', bytes.toString('hex')],
    ['hexadecimal in capitals', bytes.toString('hex').toUpperCase()],
    ...(/^\d{12,19}$/.test(value)
      ? ([
          ['grouped', group(value, ' ')],
          ['grouped', group(value, '-')],
        ] as const)
      : []),
    ...[0, 1, 2].flatMap((shift) => alignedBase64(bytes, shift)),
  ];
  const forms: Form[] = texts.map(([form, text]) => ({ form, bytes: Buffer.from(text, 'utf8') }));
  const wide = Buffer.from(value, 'utf16le');
  forms.push({ form: 'UTF-16 LE', bytes: wide }, { form: 'UTF-16 BE', bytes: Buffer.from(wide).swap16() });
  const seen = new Set<string>();
  return forms.filter(({ bytes: needle }) => {
    const key = needle.toString('latin1');
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Only the characters that depend on nothing but the value: those at the seams belong to its neighbours as well. */
function alignedBase64(bytes: Buffer, shift: number): readonly (readonly [string, string])[] {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor((padded.length * 8) / 6);
  const text = padded.toString('base64').slice(first, last);
  return [
    ['base64', text],
    ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')],
  ];
}

function group(digits: string, separator: string): string {
  return digits.replace(/(.{4})(?=.)/g, `$1${separator}`);
}

function escapeNonAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
