/** Shorter texts would be found where they mean nothing. */
const NEEDLE_BYTES_MIN = 8;

/**
 * The forms in which a secret may show: as it is, and as it looks inside JSON, addresses, forms, markup, base64 and
 * hexadecimal. Secrets are visible ASCII. Made once for each secret: 100 µs for a token of 250 characters.
 */
export function needlesOf(secrets: readonly string[]): readonly Buffer[] {
  const texts = new Set<string>();
  for (const secret of secrets) {
    if (Buffer.byteLength(secret) < NEEDLE_BYTES_MIN) continue;
    for (const text of [secret, ...inJson(secret), ...percentEncoded(secret), inMarkup(secret)])
      texts.add(text);
    for (const text of encoded(Buffer.from(secret))) texts.add(text);
  }
  return [...texts].map((text) => Buffer.from(text));
}

/**
 * Characters that writers of JSON spell as `\uXXXX`: Go `& < >`, PHP with its hex flags `& ' < > "`, .NET these and
 * `+` and the backquote, some every character that is neither letter nor digit, and some all of them.
 */
const UNICODE_ESCAPED = [/[&<>]/, /["&<>']/, /["&<>'+`]/, /[^A-Za-z0-9]/, /[^]/];

/** As writers of JSON escape it: the quote and the backslash, some the slash, some more as `\uXXXX`, some twice over. */
function inJson(secret: string): readonly string[] {
  const once = JSON.stringify(secret).slice(1, -1);
  const unicode = UNICODE_ESCAPED.flatMap((characters) => {
    const upper = secret.replace(/[^]/g, (character) =>
      characters.test(character)
        ? `\\u${hexOf(character).padStart(4, '0')}`
        : JSON.stringify(character).slice(1, -1),
    );
    return [upper, upper.replace(/\\u[0-9A-F]{4}/g, (code) => code.toLowerCase())];
  });
  return [once, once.replaceAll('/', '\\/'), JSON.stringify(once).slice(1, -1), ...unicode];
}

/** As addresses and forms have it: what must be encoded, what some encode besides, all of it; in either letter case. */
function percentEncoded(secret: string): readonly string[] {
  const some = encodeURIComponent(secret);
  const more = some.replace(/[!'()*]/g, percent);
  const form = secret.replace(/[^A-Za-z0-9*\-._]/g, percent);
  const all = secret.replace(/[^]/g, percent);
  return [encodeURI(secret), some, more, form, all].flatMap((text) => [
    text,
    text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ]);
}

function percent(character: string): string {
  return `%${hexOf(character).padStart(2, '0')}`;
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase();
}

function inMarkup(secret: string): string {
  return secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function encoded(bytes: Buffer): readonly string[] {
  const hex = bytes.toString('hex');
  return [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((shift) => base64Inside(bytes, shift))];
}

/**
 * What a secret looks like in the middle of a longer base64 text, where it may begin at any of three places: without
 * the characters at either end that also depend on its neighbours.
 */
function base64Inside(bytes: Buffer, shift: number): readonly string[] {
  const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor((shifted.length * 8) / 6);
  return [shifted.toString('base64').slice(from, to), shifted.toString('base64url').slice(from, to)];
}
