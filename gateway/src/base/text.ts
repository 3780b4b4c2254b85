/** What is removed wherever it stands: no text for people has a use for it, and markup and spoofing have. */
const REMOVED = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;
const BREAK = /[\t\n\v\f\r\u0085\u2028\u2029]/;
/** `<`, `>`, and what becomes one of them when a reader normalises (`＜`, `﹤`, `≮`). */
const ANGLE = /[<>\u226e\u226f\ufe64\ufe65\uff1c\uff1e]/;
const SCHEME = 'javascript:';
/** Printable ASCII without angle brackets: nearly every text there is. */
const PLAIN = /^[\t-\r\x20-\x3b\x3d\x3f-\x7e]*$/;
const PLAIN_BREAK = /[\t-\r]/g;
/** Normalising makes text at most three times longer (Unicode Annex 15), and at most so much shorter: more is never needed. */
const GROWTH_MAX = 4;
const PASSES_MAX = 4;

/**
 * Cleans free text: no angle brackets, no `javascript:` however it is spelt or nested, no control, bidirectional or other
 * invisible characters; line breaks become spaces; in NFC, trimmed, and at most `charactersMax` UTF-16 units, a pair never
 * cut in two. What comes out stays as it is when it is cleaned again.
 *
 * @example sanitizeText(' <b>javajavascript:script:x', { charactersMax: 255 }) // 'bx'
 */
export function sanitizeText(text: string, { charactersMax }: { charactersMax: number }): string {
  if (PLAIN.test(text) && !text.toLowerCase().includes(SCHEME))
    return cut(text.replace(PLAIN_BREAK, ' ').trim(), charactersMax);
  let clean = text;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const next = cut(
      filtered(clean, charactersMax * GROWTH_MAX)
        .normalize('NFC')
        .trim(),
      charactersMax,
    );
    if (next === clean) return clean;
    clean = next;
  }
  // Never reached by anything known; what can't be made clean is not let through half clean.
  return '';
}

/** One character that stays, and what it reads as: without compatibility forms and letter case. */
interface Kept {
  readonly character: string;
  readonly reading: string;
}

/**
 * What is left of a text, in one pass however it is nested: a scheme is taken away as soon as its last character follows
 * those that were kept, and what follows joins what stood before it.
 */
function filtered(text: string, charactersMax: number): string {
  const kept: Kept[] = [];
  for (const given of text) {
    const character = BREAK.test(given) ? ' ' : given;
    if (REMOVED.test(character) || ANGLE.test(character)) continue;
    if (kept.length === 0 && character.trim() === '') continue;
    if (kept.length === charactersMax) break;
    const reading = character.normalize('NFKD').toUpperCase().toLowerCase();
    kept.push({ character, reading });
    if (reading.includes(':')) dropScheme(kept, reading.length);
  }
  return kept.map(({ character }) => character).join('');
}

/** Takes the scheme off the end of what was kept, when it ends within the last `length` characters read. */
function dropScheme(kept: Kept[], length: number): void {
  let from = kept.length;
  let tail = '';
  while (from > 0 && tail.length < SCHEME.length - 1 + length) {
    from -= 1;
    tail = `${kept[from]?.reading ?? ''}${tail}`;
  }
  const at = tail.indexOf(SCHEME);
  if (at < 0) return;
  for (let end = tail.length; end > at; ) end -= kept.pop()?.reading.length ?? end;
}

/** Half of a pair that the cut leaves at the end is removed by the next pass, like every other. */
function cut(text: string, charactersMax: number): string {
  return text.slice(0, charactersMax).trimEnd();
}
