import { duplicateKey } from './duplicate-key.ts';
import { type Envelope, readEnvelope, signedContent } from './envelope.ts';
import { eventIdOf } from './event-id.ts';
import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import { computeMac, macsEqual } from './mac.ts';
import type { Reason } from './reasons.ts';
import type { Scheme, SchemeName } from './scheme.ts';
import { schemeNamed } from './schemes.ts';
import { isUsable, type SchemeSecret } from './secret.ts';
import { checkTimestamp } from './timestamp.ts';
import type { Accepted, Refused, Verdict } from './verdict.ts';

/**
 * Whether a message bears a signature that one of the secrets made, over the bytes as received, within the
 * tolerance; a value either way. Throws `SchemeFault` only for what the caller got wrong (unknown scheme, more
 * than 16 secrets, a time or tolerance that is no whole number), never for anything in headers or body.
 *
 * @example
 * const verdict = verify({
 *   scheme: 'koywe',
 *   secrets: [{ id: 'current', bytes: parseSecret('koywe', text) }],
 *   rawHeaders: request.rawHeaders,
 *   body,
 *   nowMs: Date.now(),
 * });
 * if (!verdict.ok) log(verdict.reason);
 */
export function verify(input: VerifyInput): Verdict {
  return verifyWith(schemeNamed(input.scheme), input);
}

export interface VerifyInput {
  readonly scheme: SchemeName;
  /** All of them are tried, the current and those that a rotation still keeps. */
  readonly secrets: readonly SchemeSecret[];
  /** Node's `rawHeaders`: name, value, name, value … */
  readonly rawHeaders: readonly string[];
  /** The bytes as received: not decoded, not parsed. */
  readonly body: Uint8Array;
  readonly nowMs: number;
  /** Instead of the scheme's own; 0 to 86400, whole seconds. Without effect where no time is signed. */
  readonly toleranceSeconds?: number | undefined;
}

/** The same for a row that need not be in the table. */
export function verifyWith(scheme: Scheme, input: Omit<VerifyInput, 'scheme'>): Verdict {
  const toleranceSeconds = checkCaller(scheme, input);
  if (input.secrets.length === 0) return refuse('no-secret', null);
  // One secret that is too short refuses everything: whoever verifies must see that it is there.
  if (!input.secrets.every(({ bytes }) => isUsable(bytes))) return refuse('secret-unusable', null);

  const envelope = readEnvelope(scheme, input.rawHeaders);
  if (!envelope.ok) return refuse(envelope.reason, difference(envelope.timestampMs, input.nowMs));

  const chunks = signedContent({ ...envelope, content: scheme.content, body: input.body });
  const secretId = secretThatSigned({ scheme, secrets: input.secrets, macs: envelope.macs, chunks });
  if (secretId === null) return refuse('signature-mismatch', difference(envelope.timestampMs, input.nowMs));

  // After the MAC: "too old" then means an authentic message come late or again, not any stranger's guess.
  const outside = untimely(scheme, { envelope, nowMs: input.nowMs, toleranceSeconds });
  if (outside !== null) return outside;

  return accept(scheme, { envelope, secretId, chunks, body: input.body });
}

function checkCaller(
  scheme: Scheme,
  { secrets, nowMs, toleranceSeconds }: Omit<VerifyInput, 'scheme'>,
): number {
  if (secrets.length > LIMITS.secretsMax) throw schemeFault('SECRETS_TOO_MANY');
  if (!Number.isSafeInteger(nowMs) || nowMs < 0) throw schemeFault('TIME_INVALID');
  const seconds = toleranceSeconds ?? scheme.timestamp?.toleranceSeconds ?? 0;
  // NaN would compare false with everything and so let every age pass.
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > LIMITS.toleranceSecondsMax) {
    throw schemeFault('TOLERANCE_INVALID');
  }
  return seconds;
}

interface Candidates {
  readonly scheme: Scheme;
  readonly secrets: readonly SchemeSecret[];
  readonly macs: readonly Uint8Array[];
  readonly chunks: readonly (string | Uint8Array)[];
}

/** Every secret against every MAC, without stopping at the first that fits: the time tells nothing. */
function secretThatSigned({ scheme, secrets, macs, chunks }: Candidates): string | null {
  let secretId: string | null = null;
  for (const secret of secrets) {
    const expected = computeMac({ algorithm: scheme.algorithm, secret: secret.bytes, chunks });
    for (const mac of macs) {
      if (macsEqual(expected, mac)) secretId ??= secret.id;
    }
  }
  return secretId;
}

interface Timeliness {
  readonly envelope: Envelope;
  readonly nowMs: number;
  readonly toleranceSeconds: number;
}

function untimely(
  { timestamp: rule }: Scheme,
  { envelope, nowMs, toleranceSeconds }: Timeliness,
): Refused | null {
  if (rule === null || envelope.timestampMs === null) return null;
  const outside = checkTimestamp({ timestampMs: envelope.timestampMs, nowMs, rule, toleranceSeconds });
  return outside === null ? null : refuse(outside.reason, outside.clockDifferenceMs);
}

interface Verified {
  readonly envelope: Envelope;
  readonly secretId: string;
  readonly chunks: readonly (string | Uint8Array)[];
  readonly body: Uint8Array;
}

function accept(scheme: Scheme, { envelope, secretId, chunks, body }: Verified): Accepted {
  const eventId = eventIdOf(scheme, { envelope, body });
  return {
    ok: true,
    scheme: scheme.name,
    secretId,
    duplicateKey: duplicateKey(
      scheme.name,
      eventId === null ? { from: 'signed-bytes', chunks } : { from: 'event-id', id: eventId },
    ),
    eventId,
    timestampMs: envelope.timestampMs,
    notCovered: scheme.notCovered,
  };
}

function refuse(reason: Reason, clockDifferenceMs: number | null): Refused {
  return { ok: false, reason, clockDifferenceMs };
}

function difference(timestampMs: number | null, nowMs: number): number | null {
  return timestampMs === null ? null : timestampMs - nowMs;
}
