import { createHash } from 'node:crypto';
import { encodeMac } from './encoding.ts';
import { readEnvelope, signedContent } from './envelope.ts';
import { readHeader } from './header.ts';
import { computeMac } from './mac.ts';
import { REASONS, type Reason } from './reasons.ts';
import { schemeNamed } from './schemes.ts';
import { isUsable } from './secret.ts';
import type { Verdict } from './verdict.ts';
import type { VerifyInput } from './verify.ts';

/**
 * What a person needs to see why a message was accepted or refused. Of each MAC only the first 8 characters are
 * shown, enough to compare and too little to forge with: a whole expected MAC would sign the body it belongs to.
 * Never holds a secret or the body.
 *
 * @example
 * for (const line of explain(input, verify(input)).lines) console.error(line);
 */
export function explain(input: VerifyInput, verdict: Verdict): Explanation {
  const scheme = schemeNamed(input.scheme);
  const envelope = readEnvelope(scheme, input.rawHeaders);
  const chunks = envelope.ok
    ? signedContent({ ...envelope, content: scheme.content, body: input.body })
    : null;
  const received = envelope.ok ? envelope.macs.map((mac) => start(encodeMac(mac, scheme.encoding))) : [];
  const expected =
    chunks === null
      ? []
      : input.secrets
          .filter(({ bytes }) => isUsable(bytes))
          .map(({ id, bytes }) => {
            const mac = computeMac({ algorithm: scheme.algorithm, secret: bytes, chunks });
            return { secretId: id, mac: start(encodeMac(mac, scheme.encoding)) };
          });
  const facts: Omit<Explanation, 'lines'> = {
    outcome: verdict.ok ? 'accepted' : verdict.reason,
    sentence: verdict.ok ? 'The signature is right.' : sentenceFor(verdict.reason),
    signedBytes: chunks === null ? null : chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0),
    signedSha256: chunks === null ? null : sha256(chunks),
    signatureHeader: readHeader(input.rawHeaders, scheme.headers.signature).kind,
    received,
    expected,
    clockDifferenceMs: envelope.timestampMs === null ? null : envelope.timestampMs - input.nowMs,
  };
  const withVerdictsClock =
    verdict.ok || verdict.clockDifferenceMs === null
      ? facts
      : { ...facts, clockDifferenceMs: verdict.clockDifferenceMs };
  return { ...withVerdictsClock, lines: linesOf(scheme.name, withVerdictsClock) };
}

export interface Explanation {
  readonly outcome: 'accepted' | Reason;
  readonly sentence: string;
  /** How many bytes the signature covers, or `null` when the headers left it open. */
  readonly signedBytes: number | null;
  /** Hex SHA-256 of them, to compare with the sender's. */
  readonly signedSha256: string | null;
  readonly signatureHeader: 'present' | 'missing' | 'repeated';
  /** The first characters of every MAC in the header. */
  readonly received: readonly string[];
  /** The first characters of the MAC that each usable secret makes. */
  readonly expected: readonly { readonly secretId: string; readonly mac: string }[];
  /** The sender's time minus ours. */
  readonly clockDifferenceMs: number | null;
  /** All of it in words. */
  readonly lines: readonly string[];
}

const MAC_CHARACTERS_SHOWN = 8;

function linesOf(name: string, facts: Omit<Explanation, 'lines'>): string[] {
  const lines = [`${name}: ${facts.outcome}. ${facts.sentence}`];
  lines.push(`Signature header: ${facts.signatureHeader}.`);
  if (facts.signedBytes !== null)
    lines.push(`Signed: ${facts.signedBytes} bytes, SHA-256 ${facts.signedSha256}.`);
  for (const mac of facts.received) lines.push(`Received MAC: ${mac}`);
  for (const { secretId, mac } of facts.expected) lines.push(`Expected MAC under ${secretId}: ${mac}`);
  if (facts.clockDifferenceMs !== null) lines.push(clockLine(facts.clockDifferenceMs));
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

function sha256(chunks: readonly (string | Uint8Array)[]): string {
  const digest = createHash('sha256');
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest('hex');
}
