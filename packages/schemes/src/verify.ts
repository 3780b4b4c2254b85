import { anySigned } from './algorithms.ts';
import { type Configured, configured } from './configured.ts';
import { type Piece, SECRET, withSecret } from './content.ts';
import { type DuplicateKeySource, duplicateKey } from './duplicate-key.ts';
import { eventIdOf } from './event-id.ts';
import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import { readMessage } from './read-message.ts';
import type { Read, SignedMessage } from './reading.ts';
import type { Reason } from './reasons.ts';
import type { Scheme, SchemeName } from './scheme.ts';
import { schemeOf } from './schemes.ts';
import { isUsableTo, type SchemeSecret } from './secret.ts';
import { checkTimestamp } from './timestamp.ts';
import type { Accepted, Refused, Verdict } from './verdict.ts';

/**
 * Whether a message bears a signature that one of the secrets made, over the bytes as received, within the
 * tolerance; a value either way. Throws `SchemeFault` only for what the caller got wrong (unknown scheme, more
 * than 16 secrets, a time or tolerance that is no whole number, a parameter or address that the scheme needs and
 * wasn't given), never for anything in headers, target or body.
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
  const scheme = schemeOf(input.scheme);
  const { toleranceSeconds, ...values } = checkCaller(scheme, input);
  if (input.secrets.length === 0) return refuse('no-secret', null);
  // One secret that can't be used refuses everything: whoever verifies must see that it is there.
  if (!input.secrets.every(({ bytes }) => isUsableTo('verify', scheme, bytes)))
    return refuse('secret-unusable', null);

  const { rawHeaders, body, nowMs } = input;
  const read = readMessage(scheme, { ...values, rawHeaders, body });
  if (!read.ok) return refuse(read.reason, difference(read.timestampMs, nowMs));

  const signed = read.messages.map((message) => signedBy(scheme, { message, secrets: input.secrets }));
  const proven = signed.filter((match) => match !== null);
  const [first] = proven;
  if (first === undefined || proven.length < signed.length)
    return refuse('signature-mismatch', difference(read.timestampMs, nowMs));

  // After the signature: "too old" then means an authentic message come late or again, not any stranger's guess.
  const outside = untimely(scheme, { read, nowMs, toleranceSeconds });
  if (outside !== null) return outside;

  const contents = proven.map(({ content }) => content);
  return accept(scheme, { read, secretId: first.secretId, contents, body, nowMs });
}

export interface VerifyInput {
  /** A name of the table, or what `genericScheme` made. */
  readonly scheme: SchemeName | Scheme;
  /** All of them are tried, the current and those that a rotation still keeps. */
  readonly secrets: readonly SchemeSecret[];
  /** Node's `rawHeaders`: name, value, name, value … */
  readonly rawHeaders: readonly string[];
  /** The bytes as received: not decoded, not parsed. */
  readonly body: Uint8Array;
  readonly nowMs: number;
  /** Instead of the scheme's own; 0 to 86400, whole seconds. Without effect where no time is signed. */
  readonly toleranceSeconds?: number | undefined;
  /** The notification address exactly as it is configured at the platform, where that is signed. */
  readonly url?: string | undefined;
  /** The target of the request as received, where a value of its query is signed. */
  readonly target?: string | undefined;
  /** The values that the row's `parameters` ask for. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

function checkCaller(scheme: Scheme, input: VerifyInput): Configured & { readonly toleranceSeconds: number } {
  const { secrets, nowMs, toleranceSeconds } = input;
  if (secrets.length > LIMITS.secretsMax) throw schemeFault('SECRETS_TOO_MANY');
  if (!Number.isSafeInteger(nowMs) || nowMs < 0) throw schemeFault('TIME_INVALID');
  const seconds = toleranceSeconds ?? scheme.timestamp?.toleranceSeconds ?? 0;
  // NaN would compare false with everything and so let every age pass.
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > LIMITS.toleranceSecondsMax) {
    throw schemeFault('TOLERANCE_INVALID');
  }
  return { ...configured(scheme, input, 'verify'), toleranceSeconds: seconds };
}

interface Candidates {
  readonly message: SignedMessage;
  readonly secrets: readonly SchemeSecret[];
}

interface Match {
  readonly secretId: string;
  readonly content: readonly Piece[];
}

/** Every secret against every signature and content, without stopping at the first that fits: the time tells nothing. */
function signedBy({ algorithm }: Scheme, { message, secrets }: Candidates): Match | null {
  let match: Match | null = null;
  for (const { id, bytes } of secrets) {
    for (const content of message.contents) {
      const chunks = withSecret(content, bytes);
      if (anySigned({ algorithm, secret: bytes, chunks, signatures: message.signatures }))
        match ??= { secretId: id, content };
    }
  }
  return match;
}

interface Timeliness {
  readonly read: Read;
  readonly nowMs: number;
  readonly toleranceSeconds: number;
}

function untimely(
  { timestamp: rule }: Scheme,
  { read: { timestampMs }, nowMs, toleranceSeconds }: Timeliness,
): Refused | null {
  if (rule === null) return null;
  if (timestampMs === null) return refuse('timestamp-missing', null);
  const outside = checkTimestamp({ timestampMs, nowMs, rule, toleranceSeconds });
  return outside === null ? null : refuse(outside.reason, outside.clockDifferenceMs);
}

interface Verified {
  readonly read: Read;
  readonly secretId: string;
  readonly contents: readonly (readonly Piece[])[];
  readonly body: Uint8Array;
  readonly nowMs: number;
}

function accept(scheme: Scheme, { read, secretId, contents, body, nowMs }: Verified): Accepted {
  const { id, timestampMs } = read;
  const eventId = eventIdOf(scheme, { id, body });
  const source: DuplicateKeySource =
    eventId === null
      ? { from: 'signed-bytes', chunks: duplicateChunks(scheme, contents, body) }
      : { from: 'event-id', id: eventId };
  return {
    ok: true,
    scheme: scheme.name,
    secretId,
    duplicateKey: duplicateKey(scheme.name, source),
    eventId,
    timestampMs,
    clockDifferenceMs: difference(timestampMs, nowMs),
    notCovered: scheme.notCovered,
  };
}

/** What was signed, without the secret, which a rotation changes; of several messages, each with its length before it. */
function duplicateChunks(
  { eventId }: Scheme,
  contents: readonly (readonly Piece[])[],
  body: Uint8Array,
): (string | Uint8Array)[] {
  if (eventId.from === 'signed-body') return [body];
  return contents.flatMap((content) => {
    const chunks = content.filter((piece) => piece !== SECRET);
    if (contents.length === 1) return chunks;
    const bytes = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
    return [`${bytes}:`, ...chunks];
  });
}

function refuse(reason: Reason, clockDifferenceMs: number | null): Refused {
  return { ok: false, reason, clockDifferenceMs };
}

function difference(timestampMs: number | null, nowMs: number): number | null {
  return timestampMs === null ? null : timestampMs - nowMs;
}
