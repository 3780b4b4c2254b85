import { createHash } from 'node:crypto';
import { isMac } from './algorithms.ts';
import { type Configured, configured } from './configured.ts';
import { type Piece, withSecret } from './content.ts';
import { encodeMac } from './encoding.ts';
import { readHeader } from './header.ts';
import { computeMac } from './mac.ts';
import { readMessage } from './read-message.ts';
import type { Reading } from './reading.ts';
import { REASONS, type Reason } from './reasons.ts';
import type { ContentPart, Scheme } from './scheme.ts';
import { schemeOf } from './schemes.ts';
import { isUsable } from './secret.ts';
import { signedText, withoutSecrets } from './signed-text.ts';
import type { Verdict } from './verdict.ts';
import type { VerifyInput } from './verify.ts';

/**
 * What a person needs to see why a message was accepted or refused. Never holds a secret. Throws as `verify` does.
 *
 * Of each MAC only the first 8 characters are shown, enough to compare and too little to forge with: a whole expected MAC is a
 * signature of the body it belongs to, whoever wrote that. Nor is what was signed shown: it holds the body. With `reveal` all of it is
 * there, for whoever holds the secret and looks into a message at a terminal; it does not belong into logs nor into answers.
 *
 * @example
 * for (const line of explain(input, verify(input)).lines) console.error(line);
 */
export function explain(input: VerifyInput, verdict: Verdict, options: ExplainOptions = {}): Explanation {
  const scheme = schemeOf(input.scheme);
  const values: Configured = configured(scheme, input, 'verify');
  const read = readMessage(scheme, { ...values, rawHeaders: input.rawHeaders, body: input.body });
  const facts = factsOf(scheme, { input, verdict, read, reveal: options.reveal === true });
  return { ...facts, lines: linesOf(scheme.name, facts) };
}

export interface ExplainOptions {
  /** The signed string, and MACs in full. */
  readonly reveal?: boolean;
}

export interface Explanation {
  readonly outcome: 'accepted' | Reason;
  readonly sentence: string;
  /** Which of the secrets it was, or `null`. */
  readonly secretId: string | null;
  /** What the scheme signs, in words: `{webhook-id}.{webhook-timestamp}.{body}`. */
  readonly signedShape: string;
  /** How many bytes the signature covers, or `null` when the message left it open. */
  readonly signedBytes: number | null;
  /** Hex SHA-256 of them, to compare with the sender's; `null` also where the secret is among them. */
  readonly signedSha256: string | null;
  /**
   * What the signature covers, as text, with `reveal` only; invisible characters are escaped, bytes that are not UTF-8 are hex, and
   * `{secret}` stands in place of the secret. Several where the platform may have written the same in several ways.
   */
  readonly signed: readonly string[];
  readonly signatureHeader: 'present' | 'missing' | 'repeated' | 'in-body';
  /** The first characters of every signature in the message; with `reveal` all of them. */
  readonly received: readonly string[];
  /** The same of the MAC that each usable secret makes; of a private key there is none to make. */
  readonly expected: readonly { readonly secretId: string; readonly mac: string }[];
  /** The sender's time minus ours. */
  readonly clockDifferenceMs: number | null;
  readonly notCovered: readonly string[];
  /** All of it in words. */
  readonly lines: readonly string[];
}

type Facts = Omit<Explanation, 'lines'>;

interface Seen {
  readonly input: VerifyInput;
  readonly verdict: Verdict;
  readonly read: Reading;
  readonly reveal: boolean;
}

function factsOf(scheme: Scheme, { input, verdict, read, reveal }: Seen): Facts {
  const messages = read.ok ? read.messages : [];
  const contents = messages.flatMap((message) => message.contents);
  // Of several, the first: the others say the same in other words.
  const [first] = contents;
  const header = scheme.headers.signature;
  // A sender can have put a secret in place of a signature.
  const shown = reveal ? (mac: string) => withoutSecrets(mac, input.secrets) : start;
  const ours = read.timestampMs === null ? null : read.timestampMs - input.nowMs;
  return {
    outcome: verdict.ok ? 'accepted' : verdict.reason,
    sentence: verdict.ok ? 'The signature is right.' : sentenceFor(verdict.reason),
    secretId: verdict.ok ? verdict.secretId : null,
    signedShape: shapeOf(scheme),
    signedBytes: first === undefined ? null : bytesOf(first),
    signedSha256: first === undefined ? null : sha256(first),
    signed: reveal ? contents.map((content) => signedText(content, input.secrets)) : [],
    signatureHeader: header === null ? 'in-body' : readHeader(input.rawHeaders, header).kind,
    received: messages.flatMap(({ signatures }) =>
      signatures.map((signature) => shown(encodeMac(signature, scheme.encoding))),
    ),
    expected: contents.flatMap((content) =>
      expectedMacs(scheme, input, content).map(({ secretId, mac }) => ({ secretId, mac: shown(mac) })),
    ),
    clockDifferenceMs: verdict.clockDifferenceMs ?? ours,
    notCovered: scheme.notCovered,
  };
}

function expectedMacs(
  { algorithm, encoding }: Scheme,
  { secrets }: VerifyInput,
  content: readonly Piece[],
): { readonly secretId: string; readonly mac: string }[] {
  if (!isMac(algorithm)) return [];
  return secrets
    .filter(({ bytes }) => isUsable(bytes))
    .map(({ id, bytes }) => {
      const mac = computeMac({ algorithm, secret: bytes, chunks: withSecret(content, bytes) });
      return { secretId: id, mac: encodeMac(mac, encoding) };
    });
}

/**
 * What a scheme signs, in words, with braces around what a message fills in.
 *
 * @example
 * signedShape(SCHEMES.stripe); // '{t}.{body}'
 */
export function shapeOf(scheme: Scheme): string {
  const { signature, content } = scheme;
  if (signature.kind === 'jwt') return '{header}.{payload}, which holds {SHA-256 of body} and {iat}';
  if (signature.kind === 'form') return `{${signature.payloadField}}`;
  if (signature.kind === 'items')
    return 'of each item: {pspReference}:{originalReference}:{merchantAccountCode}:{merchantReference}:{amount.value}:{amount.currency}:{eventCode}:{success}';
  return content.map((part) => partShape(part, scheme)).join('');
}

function partShape(part: ContentPart, { headers, signature }: Scheme): string {
  if (part === 'id') return `{${headers.id ?? 'id'}}`;
  if (part === 'timestamp') {
    const inside = signature.kind === 'pairs' ? signature.timestampKey : null;
    return `{${headers.timestamp ?? inside ?? 'timestamp'}}`;
  }
  if (part === 'body-crc32') return '{CRC-32 of body}';
  if (typeof part === 'string') return `{${part}}`;
  if ('literal' in part) return part.literal.replaceAll('\n', '\\n');
  if ('parameter' in part) return `{${part.parameter}}`;
  if ('optional' in part) {
    const name = part.optional === 'id' ? (headers.id ?? 'id') : part.optional.query;
    return `[${part.before}{${name}}${part.after}]`;
  }
  switch (part.derived.kind) {
    case 'without':
      return `{body without ${part.derived.member}, compact}`;
    case 'sorted':
      return '{body with sorted members, compact}';
    case 'member':
      return `{${part.derived.member} of body, compact}`;
    case 'pairs':
      return `{name=value of ${part.derived.member}, sorted, joined by &}`;
  }
}

const MAC_CHARACTERS_SHOWN = 8;

function linesOf(name: string, facts: Facts): string[] {
  const lines = [`${name}: ${facts.outcome}. ${facts.sentence}`];
  lines.push(`Signature header: ${facts.signatureHeader}.`);
  lines.push(`Signed: ${facts.signedShape}`);
  if (facts.signedBytes !== null)
    lines.push(
      `Signed bytes: ${facts.signedBytes}${facts.signedSha256 === null ? '' : `, SHA-256 ${facts.signedSha256}`}.`,
    );
  for (const text of facts.signed) lines.push(`Signed string: ${text}`);
  for (const mac of facts.received) lines.push(`Received signature: ${mac}`);
  for (const { secretId, mac } of facts.expected) lines.push(`Expected MAC under ${secretId}: ${mac}`);
  if (facts.secretId !== null) lines.push(`Secret that fits: ${facts.secretId}`);
  if (facts.clockDifferenceMs !== null) lines.push(clockLine(facts.clockDifferenceMs));
  if (facts.outcome === 'accepted') lines.push(`Not covered: ${facts.notCovered.join('; ')}.`);
  return lines;
}

function clockLine(differenceMs: number): string {
  const seconds = Math.abs(differenceMs) / 1000;
  return `The sender's clock is ${seconds} s ${differenceMs < 0 ? 'behind' : 'ahead of'} ours.`;
}

function start(mac: string): string {
  return `${mac.slice(0, MAC_CHARACTERS_SHOWN)}…`;
}

function sentenceFor(reason: Reason): string {
  return REASONS.find((row) => row.reason === reason)?.sentence ?? '';
}

/** The secret among the pieces counts nothing: its length is its own affair. */
function bytesOf(content: readonly Piece[]): number {
  return content.reduce((sum, piece) => sum + (typeof piece === 'symbol' ? 0 : Buffer.byteLength(piece)), 0);
}

function sha256(content: readonly Piece[]): string | null {
  const digest = createHash('sha256');
  for (const piece of content) {
    // A digest over a secret could be tried out.
    if (typeof piece === 'symbol') return null;
    digest.update(piece);
  }
  return digest.digest('hex');
}
