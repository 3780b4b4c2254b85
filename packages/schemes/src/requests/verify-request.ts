import { schemeFault } from '../fault.ts';
import { LIMITS } from '../limits.ts';
import { checkTimestamp } from '../timestamp.ts';
import { concatenatedContent, readConcatenated } from './concatenated.ts';
import { fits, type Signed } from './key-signature.ts';
import { messageBase } from './message-base.ts';
import { isUsableKey, type RequestKey } from './request-key.ts';
import type { RequestReason } from './request-reasons.ts';
import type {
  ConcatenatedScheme,
  MessageSignatureScheme,
  RequestScheme,
  RequestSchemeName,
} from './request-scheme.ts';
import { requestSchemeNamed } from './request-schemes.ts';
import { readSignatureInput } from './signature-input.ts';
import { endsTarget, isAuthority, requestLineRefusal } from './target.ts';

/**
 * Whether one of the keys signed this request, as received and within its time; a value either way. HMACs are
 * computed at once, other signatures by the thread pool. Rejects with `SchemeFault` only for what the caller got wrong
 * (unknown scheme, more than 16 keys, a time that is no whole number), never for anything that was received.
 *
 * The answer holds nothing against replays by itself: remember `mac` until `expiresMs`, in one atomic step after
 * this one, and refuse what is remembered already.
 *
 * @example
 * const { method = '', url = '', rawHeaders } = request;
 * const authority = request.headers.host ?? '';
 * const verdict = await verifyRequest({
 *   scheme: 'rfc9421', method, target: url, authority, rawHeaders, body, keys, nowMs: Date.now(),
 * });
 * if (!verdict.ok) log(verdict.reason);
 */
export async function verifyRequest(input: VerifyRequestInput): Promise<RequestVerdict> {
  const scheme = requestSchemeNamed(input.scheme);
  if (input.keys.length > LIMITS.secretsMax) throw schemeFault('SECRETS_TOO_MANY');
  if (!Number.isSafeInteger(input.nowMs) || input.nowMs < 0) throw schemeFault('TIME_INVALID');
  const claim = claimOf(scheme, input);
  const clockDifferenceMs = claim.createdMs === null ? null : claim.createdMs - input.nowMs;
  if (!claim.ok) return { ok: false, reason: claim.reason, clockDifferenceMs };

  const keys = candidates(scheme, { keys: input.keys, algorithm: claim.algorithm });
  if (typeof keys === 'string') return { ok: false, reason: keys, clockDifferenceMs };
  // All of them, without stopping at the first that fits: the time tells nothing about a secret.
  const fitting = await Promise.all(keys.map((key) => fits(key, claim)));
  const signer = keys.find((_, index) => fitting[index] === true);
  if (signer === undefined) return { ok: false, reason: 'signature-mismatch', clockDifferenceMs };

  // After the signature: "too old" then means an authentic request come late or again, not any stranger's guess.
  return untimely(scheme, { claim, nowMs: input.nowMs }) ?? accepted(scheme, { claim, signerId: signer.id });
}

export interface VerifyRequestInput {
  readonly scheme: RequestSchemeName;
  readonly method: string;
  /** The request target as received, `/path?query`; what is routed has to be the same text. */
  readonly target: string;
  /**
   * The `Host` header as received, or the name that clients use where something in front changes it; without effect
   * where the scheme doesn't sign it.
   */
  readonly authority: string;
  /** Node's `rawHeaders`: name, value, name, value … */
  readonly rawHeaders: readonly string[];
  /** The bytes as received: not decoded, not parsed. */
  readonly body: Uint8Array;
  /** All that may have signed, current and older ones of the key id that was read. */
  readonly keys: readonly RequestKey[];
  readonly nowMs: number;
}

export type RequestVerdict = AcceptedRequest | RefusedRequest;

export interface AcceptedRequest {
  readonly ok: true;
  readonly scheme: RequestSchemeName;
  /** The key id that the request names. */
  readonly keyId: string;
  /** The `id` of the one among `keys` that fits. */
  readonly signerId: string;
  /**
   * The decoded MAC or signature, to be remembered: no change of letter case makes a second one of it. By itself, and
   * not together with the key id, which not every scheme signs.
   */
  readonly mac: Uint8Array;
  readonly createdMs: number;
  /** The last millisecond at which this signature would be accepted. Clocks of several nodes need a margin. */
  readonly expiresMs: number;
  readonly nonce: string | null;
  /** What the signature does not vouch for. */
  readonly notCovered: readonly string[];
}

export interface RefusedRequest {
  readonly ok: false;
  readonly reason: RequestReason;
  /** The sender's time minus ours (positive: the sender is ahead), or `null` without a readable time. */
  readonly clockDifferenceMs: number | null;
}

type Claim =
  | ClaimMade
  | { readonly ok: false; readonly reason: RequestReason; readonly createdMs: number | null };

/** What the request says about itself, with the bytes that would have to be signed. */
interface ClaimMade extends Signed {
  readonly ok: true;
  readonly keyId: string;
  readonly nonce: string | null;
  readonly algorithm: string | null;
  readonly createdMs: number;
  /** As signed, or `null` where the scheme has none. */
  readonly expiresMs: number | null;
}

function claimOf(scheme: RequestScheme, input: VerifyRequestInput): Claim {
  const claim =
    scheme.kind === 'concatenated' ? concatenatedClaim(scheme, input) : messageClaim(scheme, input);
  const reason = requestLineRefusal(scheme.kind, input);
  return claim.ok && reason !== null ? { ok: false, reason, createdMs: claim.createdMs } : claim;
}

function concatenatedClaim(scheme: ConcatenatedScheme, input: VerifyRequestInput): Claim {
  const read = readConcatenated(scheme, input.rawHeaders);
  if (read === null) return { ok: false, reason: 'signature-missing', createdMs: null };
  if (!read.ok) return read;
  if (scheme.separator === '' && !endsTarget(input.body)) {
    return { ok: false, reason: 'body-ambiguous', createdMs: read.createdMs };
  }
  const { method, target, body } = input;
  const chunks = concatenatedContent(scheme, { method, target, body, timestamp: read.timestampText });
  return { ...read, expiresMs: null, chunks };
}

function messageClaim(scheme: MessageSignatureScheme, input: VerifyRequestInput): Claim {
  const read = readSignatureInput(scheme, input.rawHeaders);
  if (read === null) return { ok: false, reason: 'signature-missing', createdMs: null };
  if (!read.ok) return read;
  if (!isAuthority(input.authority)) {
    return { ok: false, reason: 'authority-malformed', createdMs: read.createdMs };
  }
  const { components, parametersText } = read;
  const base = messageBase(scheme, { ...input, components, parametersText });
  if (typeof base !== 'string') return { ok: false, reason: base.reason, createdMs: read.createdMs };
  return { ...read, chunks: [base] };
}

function candidates(
  scheme: RequestScheme,
  { keys, algorithm }: Pick<VerifyRequestInput, 'keys'> & { algorithm: string | null },
): readonly RequestKey[] | RequestReason {
  // One key that is too weak refuses everything: whoever verifies must see that it is there.
  if (!keys.every(isUsableKey)) return 'key-unusable';
  const known = keys.filter((key) => scheme.algorithms.some((each) => each === key.algorithm));
  if (known.length === 0) return 'no-key';
  const chosen = algorithm === null ? known : known.filter((key) => key.algorithm === algorithm);
  return chosen.length === 0 ? 'algorithm-mismatch' : chosen;
}

function untimely(
  scheme: RequestScheme,
  { claim, nowMs }: { claim: ClaimMade; nowMs: number },
): RefusedRequest | null {
  const { createdMs, expiresMs } = claim;
  const { timestamp: rule } = scheme;
  const { toleranceSeconds } = rule;
  const outside = checkTimestamp({ timestampMs: createdMs, nowMs, rule, toleranceSeconds });
  if (outside !== null) return { ok: false, ...outside };
  if (scheme.kind === 'concatenated' || expiresMs === null) return null;
  const lifetimeMs = expiresMs - createdMs;
  const clockDifferenceMs = createdMs - nowMs;
  if (lifetimeMs <= 0 || lifetimeMs > scheme.lifetimeSecondsMax * 1000) {
    return { ok: false, reason: 'lifetime-invalid', clockDifferenceMs };
  }
  return nowMs > expiresMs ? { ok: false, reason: 'expired', clockDifferenceMs } : null;
}

function accepted(
  scheme: RequestScheme,
  { claim, signerId }: { claim: ClaimMade; signerId: string },
): AcceptedRequest {
  const { keyId, nonce, createdMs, signature } = claim;
  const toleratedMs = createdMs + scheme.timestamp.toleranceSeconds * 1000;
  return {
    ok: true,
    scheme: scheme.name,
    keyId,
    signerId,
    mac: signature,
    createdMs,
    expiresMs: claim.expiresMs === null ? toleratedMs : Math.min(toleratedMs, claim.expiresMs),
    nonce,
    notCovered: scheme.notCovered,
  };
}
