import { LIMITS } from './limits.ts';
import { findCards } from './redact-cards.ts';
import { type Codes, codesOf, type Span } from './redact-characters.ts';
import { findEmails, findPhones } from './redact-contacts.ts';
import { findPrefixed, findPrivateKeys, findSchemes } from './redact-credentials.ts';
import { findFields } from './redact-fields.ts';
import { findIbans } from './redact-ibans.ts';
import { isOwnId, withoutIdentifiers } from './redact-identifiers.ts';
import { findUserParts } from './redact-urls.ts';

const CUT = '… [cut]';
const MARGIN = 512; // longer than any number or address that a cut could make unrecognisable
const PASSES_MAX = 4;
const UNSTABLE = '[text withheld]';

const detectors: readonly ((codes: Codes) => Span[])[] = Object.freeze([
  findPrivateKeys,
  findPrefixed,
  findSchemes,
  findFields,
]);
/** These read the text without ids and digests, whose digits would now and then pass for something else. */
const numberDetectors: readonly ((codes: Codes) => Span[])[] = Object.freeze([
  findCards,
  findIbans,
  findPhones,
]);

/**
 * A text without credentials, card numbers, e-mail addresses, telephone and account numbers, of bounded length.
 *
 * Each is replaced by a mask such as `[secret]` or `[card]`. Takes time in proportion to the length of the text,
 * whatever the text is. Applied twice it changes nothing more. It is the last line, not the first: what is known to be
 * secret is a `Secret`, what is known to be personal is not logged at all.
 *
 * @example redactText('paid with 4242 4242 4242 4242') // 'paid with [card]'
 */
export function redactText(text: string, options: { charactersMax?: number } = {}): string {
  const charactersMax = Math.max(options.charactersMax ?? LIMITS.logTextCharactersMax.value, CUT.length);
  if (isOwnId(text)) return text.slice(0, charactersMax);
  let current = redactOnce(text, charactersMax);
  for (let pass = 1; pass < PASSES_MAX; pass++) {
    const next = current === text ? current : redactOnce(current, charactersMax);
    if (next === current) return current;
    current = next;
  }
  return UNSTABLE;
}

/** Every part of a text that has to be hidden, in order and apart from one another. */
export function findSpans(codes: Codes): Span[] {
  const numbers = withoutIdentifiers(codes);
  const userParts = findUserParts(codes);
  const found = [
    ...userParts,
    ...findEmails(codes, { except: new Set(userParts.map((span) => span.end)) }), // `u:p@host` is no mail for p
    ...detectors.flatMap((detect) => detect(codes)),
    ...numberDetectors.flatMap((detect) => detect(numbers)),
  ];
  found.sort((left, right) => left.start - right.start || right.end - left.end);
  const merged: Span[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end };
  }
  return merged;
}

function redactOnce(text: string, charactersMax: number): string {
  const read = text.length > charactersMax + MARGIN ? text.slice(0, charactersMax + MARGIN) : text;
  const shownEnd = read === text ? text.length : charactersMax; // what stands near a cut may be half a number
  const spans = findSpans(codesOf(read));
  if (spans.length === 0 && text.length <= charactersMax) return text;
  let out = '';
  let from = 0;
  for (const span of spans) {
    if (span.start >= shownEnd || out.length > charactersMax) break;
    out += read.slice(from, span.start) + span.mask;
    from = span.end;
  }
  out += read.slice(from, Math.max(from, shownEnd));
  const whole = out.length <= charactersMax && read === text;
  return whole ? out : out.slice(0, charactersMax - CUT.length) + CUT;
}
