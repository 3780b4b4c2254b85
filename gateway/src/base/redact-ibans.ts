import {
  type Codes,
  codeOf,
  isAlphanumeric,
  isDigit,
  isGroupSeparator,
  isLetter,
  type Span,
  toLower,
} from './redact-characters.ts';

/** Lengths by country, as the IBAN registry of SWIFT has them (ISO 13616). */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((row) => [row.slice(0, 2).toLowerCase(), Number(row.slice(2))]),
);

const ZERO = codeOf('0');
const LOWER_A = codeOf('a');

/** Finds account numbers (ISO 13616): a known country, its exact length, and the check digits right; also in groups. */
export function findIbans(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const end = ibanEnd(codes, index);
    if (end === null) index++;
    else {
      spans.push({ start: index, end, mask: '[iban]' });
      index = end;
    }
  }
  return spans;
}

function ibanEnd(codes: Codes, start: number): number | null {
  const first = codes[start];
  const second = codes[start + 1];
  if (first === undefined || second === undefined || !isLetter(first) || !isLetter(second)) return null;
  if (!isDigit(codes[start + 2])) return null;
  const wanted = lengths.get(String.fromCharCode(toLower(first), toLower(second)));
  if (wanted === undefined) return null;

  const taken: number[] = [];
  let index = start;
  while (taken.length < wanted) {
    const code = codes[index];
    if (code !== undefined && isAlphanumeric(code)) taken.push(toLower(code));
    else if (!isGroupSeparator(code) || !isAlphanumeric(codes[index + 1])) return null;
    index++;
  }
  return isDigit(taken[3]) && remainderOf([...taken.slice(4), ...taken.slice(0, 4)]) === 1 ? index : null;
}

/** ISO 7064 MOD 97-10, letters counting as 10 to 35. */
function remainderOf(codes: readonly number[]): number {
  return codes.reduce((sum, code) => {
    const value = isDigit(code) ? code - ZERO : code - LOWER_A + 10;
    return (sum * (value > 9 ? 100 : 10) + value) % 97;
  }, 0);
}
