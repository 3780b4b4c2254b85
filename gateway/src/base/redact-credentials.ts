import {
  type Codes,
  codeOf,
  endOfRun,
  isAlphanumeric,
  isSpace,
  type Span,
  standsAt,
  toLower,
} from './redact-characters.ts';
import { looksLikeWord } from './redact-fields.ts';

type Alphabet = (code: number) => boolean;
interface Prefix {
  readonly prefix: string;
  readonly min: number;
  readonly alphabet: Alphabet;
}

const symbols = (text: string): ReadonlySet<number> => new Set([...text].map(codeOf));
const dashes = symbols('_-');
const dotted = symbols('_-.');
const base64 = symbols('+/=_-');
const token68 = symbols('-._~+/='); // RFC 9110 section 11.2
const plain: Alphabet = (code) => isAlphanumeric(code);
const word: Alphabet = (code) => isAlphanumeric(code) || dashes.has(code);
const joined: Alphabet = (code) => isAlphanumeric(code) || dotted.has(code);
const encoded: Alphabet = (code) => isAlphanumeric(code) || base64.has(code);
const token: Alphabet = (code) => isAlphanumeric(code) || token68.has(code);

/** How credentials begin, how much must follow, and of what they are made. */
const prefixes: readonly Prefix[] = Object.freeze([
  ...rows(
    ['sk_test_', 'sk_live_', 'sk_admin_', 'sat_syp_', 'ses_syp_', 'sgk_syp_', 'rk_test_', 'rk_live_'],
    6,
    word,
  ),
  ...rows(['lp_test_', 'lp_live_', 'mm_test_', 'mm_live_', 'rzp_test_', 'rzp_live_'], 6, word),
  ...rows(['whsec_'], 4, encoded),
  ...rows(['PMTOKEN'], 6, plain),
  ...rows(['FLWSECK', 'access_token$'], 10, (code) => word(code) || code === codeOf('$')),
  ...rows(['APP_USR-', 'sq0atp-', 'sq0csp-', 'shpat_', 'shpss_', 'glpat-'], 16, word),
  ...rows(['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'npm_', 'hf_'], 30, word),
  ...rows(['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'], 10, word),
  ...rows(['AKIA', 'ASIA'], 16, (code) => plain(code) && toLower(code) === code + (code > 0x39 ? 32 : 0)),
  ...rows(['AIza'], 30, word),
  ...rows(['ya29.', 'SG.', 'hvs.', 'hvb.'], 20, joined),
  ...rows(['sk-ant-', 'sk-proj-', 'pypi-AgEI', 'dop_v1_', 'AGE-SECRET-KEY-1'], 20, word),
  ...rows(['sk-'], 32, plain),
  ...rows(['eyJ'], 16, joined), // a JSON object in base64url: RFC 7519 section 3
]);

/** By the code of their first character. */
const byFirst: readonly (readonly Prefix[] | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const rows = prefixes.filter(({ prefix }) => codeOf(prefix) === code);
  return rows.length === 0 ? undefined : rows;
});
const PEM_BEGIN = '-----BEGIN ';
const PEM_END = '-----END ';
const PEM_LABEL_MAX = 64;
const HYPHEN = codeOf('-');
const SMALL_B = codeOf('b');

/** Finds credentials that can be told by how they begin: keys of ours and of known vendors, and JSON Web Tokens. */
export function findPrefixed(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const end = prefixedEnd(codes, index);
    if (end !== null) spans.push({ start: index, end, mask: '[secret]' });
    index = end ?? index + 1;
  }
  return spans;
}

/** Finds what follows `Bearer` and `Basic`, unless it is a plain word of a sentence. */
export function findSchemes(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const gap = schemeEnd(codes, index);
    if (gap === null) {
      index++;
      continue;
    }
    const start = endOfRun(codes, {
      from: gap,
      to: gap + 8,
      test: (code) => isSpace(code) || code === codeOf(':'),
    });
    const end = endOfRun(codes, { from: start, test: token });
    if (start > gap && end - start >= 4 && !looksLikeWord(codes, { start, end })) {
      spans.push({ start, end, mask: '[secret]' });
    }
    index = Math.max(end, gap);
  }
  return spans;
}

/** Finds private keys in PEM (RFC 7468), also cut off and also with escaped line ends. */
export function findPrivateKeys(codes: Codes): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < codes.length) {
    const begins = codes[index] === HYPHEN && standsAt(codes, { at: index, word: PEM_BEGIN });
    const body = begins ? privateLabelEnd(codes, index + PEM_BEGIN.length) : null;
    if (body === null) {
      index++;
      continue;
    }
    let end = body;
    while (end < codes.length && !standsAt(codes, { at: end, word: PEM_END })) end++;
    end = privateLabelEnd(codes, end + PEM_END.length) ?? codes.length;
    spans.push({ start: index, end, mask: '[secret]' });
    index = end;
  }
  return spans;
}

function prefixedEnd(codes: Codes, at: number): number | null {
  const beginning = byFirst[codes[at] ?? 0];
  if (beginning === undefined) return null;
  for (const { prefix, min, alphabet } of beginning) {
    if (!standsAt(codes, { at, word: prefix })) continue;
    const from = at + prefix.length;
    const enough = endOfRun(codes, { from, to: from + min, test: alphabet }) === from + min;
    if (enough) return endOfRun(codes, { from, test: alphabet });
  }
  return null;
}

function schemeEnd(codes: Codes, at: number): number | null {
  if (toLower(codes[at] ?? 0) !== SMALL_B) return null;
  if (standsAt(codes, { at, word: 'bearer', anyCase: true })) return at + 6;
  return standsAt(codes, { at, word: 'basic', anyCase: true }) ? at + 5 : null;
}

/** The end of a label that names a private key, its closing dashes included; `from` is where the label begins. */
function privateLabelEnd(codes: Codes, from: number): number | null {
  const isLabel = (code: number) => isAlphanumeric(code) || code === 0x20;
  const end = endOfRun(codes, { from, to: from + PEM_LABEL_MAX, test: isLabel });
  for (let index = from; index < end; index++) {
    if (standsAt(codes, { at: index, word: 'PRIVATE KEY' })) {
      return endOfRun(codes, { from: end, to: end + 5, test: (code) => code === HYPHEN });
    }
  }
  return null;
}

function rows(names: readonly string[], min: number, alphabet: Alphabet): Prefix[] {
  return names.map((prefix) => Object.freeze({ prefix, min, alphabet }));
}
