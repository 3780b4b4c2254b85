import {
  REQUEST_REASONS,
  REQUEST_SCHEMES,
  type RefusedRequest,
  type RequestSchemeName,
  readRequestSignature,
  verifyRequest,
} from '@sallyport/schemes';
import { type Actor, type Clock, Fault, type FaultCode, isId, type KeyId, type SignerId } from '#base';
import type { Holder, Holders } from './holders.ts';
import type { Refusals } from './refusals.ts';
import type { Replays } from './replays.ts';

/** A request with everything that a signature can cover, as it was received. */
export interface SignedCall {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

/** Whose signature a request bears, before anything is verified. */
export interface SignatureClaim {
  readonly key: KeyId;
  readonly schemes: readonly RequestSchemeName[];
}

/** Signed requests (U8 U9). */
export interface Signatures {
  /** `null` for a request that bears none. Throws `SIGNATURE_INVALID` when what it bears can't be read. */
  claimOf(rawHeaders: readonly string[]): SignatureClaim | null;
  /** Who signed it. `SIGNATURE_INVALID`, `SIGNATURE_STALE` with how far the clocks are apart. */
  verify(claim: SignatureClaim, call: SignedCall, actor: Actor): Promise<Verified>;
  /** Remembers what was verified; `SIGNATURE_REPLAYED` when it was seen before, and nobody is let in while it can't be. */
  remember(verified: Verified, actor: Actor): Promise<void>;
}

export interface Verified {
  readonly holder: Holder;
  readonly signer: SignerId;
  readonly mac: Uint8Array;
  readonly nonce: string | null;
  readonly expiresMs: number;
}

const NAMES: readonly RequestSchemeName[] = Object.freeze(
  Object.values(REQUEST_SCHEMES).map(({ name }) => name),
);
const STALE: ReadonlySet<string> = new Set(['timestamp-too-old', 'timestamp-too-new', 'expired']);
/** What would tell of a key and not of the request; for the log alone. */
const OF_KEYS: ReadonlySet<string> = new Set(['no-key', 'key-unusable', 'algorithm-mismatch']);
const SENTENCES: ReadonlyMap<string, string> = new Map(
  REQUEST_REASONS.map(({ reason, sentence }) => [reason, sentence]),
);

/** Makes the verification of signed requests. */
export function createSignatures(ports: {
  holders: Holders;
  refusals: Refusals;
  replays: Replays;
  clock: Clock;
}): Signatures {
  const { holders, refusals, replays, clock } = ports;

  const refuse = async (
    holder: Holder | null,
    { code, detail, actor, reason }: { code: FaultCode; detail?: string; actor: Actor; reason: string },
  ): Promise<never> => {
    if (holder !== null) {
      const { environment_id: environment, key_id: key } = holder;
      await refusals.record({ environment, key, code, actor, reason });
    }
    throw new Fault(code, detail === undefined ? {} : { detail });
  };

  return {
    claimOf(rawHeaders) {
      if (!mayBear(rawHeaders)) return null;
      const reads = NAMES.flatMap((scheme) => readRequestSignature({ scheme, rawHeaders }) ?? []);
      if (reads.length === 0) return null;
      const good = reads.flatMap((read) => (read.ok ? [read] : []));
      const [first] = good;
      // Relatives share header names, so what one can't read another may; but all have to name one key.
      if (first === undefined) throw invalid(reads.flatMap((read) => (read.ok ? [] : [read.reason]))[0]);
      if (good.some(({ keyId }) => keyId !== first.keyId) || !isId('key', first.keyId))
        throw invalid('signature-mismatch');
      return { key: first.keyId, schemes: good.map(({ scheme }) => scheme) };
    },

    async verify({ key, schemes }, call, actor) {
      const holder = await holders.named(key);
      const signers = holder?.signers ?? [];
      // What the key was set up for decides, and not which headers the sender chose.
      const fitting = schemes.filter((scheme) => signers.some((signer) => signer.scheme === scheme));
      let refused: RefusedRequest | null = null;
      // A key that there is not and one that did not sign are told apart by nobody outside: both are told what is wrong with
      // the request alone.
      for (const scheme of fitting.length === 0 ? schemes : fitting) {
        const keys = signers.filter((signer) => signer.scheme === scheme).map((signer) => signer.key);
        const verdict = await verifyRequest({ ...call, scheme, keys, nowMs: clock.now() });
        if (verdict.ok) {
          if (holder === null) throw new Fault('INTERNAL');
          const { signerId, mac, nonce, expiresMs } = verdict;
          if (!isId('signer', signerId)) throw new Fault('INTERNAL');
          return { holder, signer: signerId, mac, nonce, expiresMs };
        }
        refused = verdict;
      }
      const reason = refused?.reason ?? 'no-key';
      if (STALE.has(reason)) {
        const detail = clockText(refused?.clockDifferenceMs ?? null);
        return refuse(holder, { code: 'SIGNATURE_STALE', detail, actor, reason });
      }
      const detail = SENTENCES.get(OF_KEYS.has(reason) ? 'signature-mismatch' : reason) ?? '';
      return refuse(holder, { code: 'SIGNATURE_INVALID', detail, actor, reason });
    },

    async remember({ holder, mac, nonce, expiresMs }, actor) {
      const { environment_id: environment, key_id: keyId } = holder;
      const mark = nonce === null ? null : { keyId, text: nonce };
      if (await replays.isNew({ environment, mac, nonce: mark, expiresMs })) return;
      await refuse(holder, { code: 'SIGNATURE_REPLAYED', actor, reason: 'seen before' });
    },
  };
}

/** Header names in which a signature can stand, in lower case. */
const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(
  Object.values(REQUEST_SCHEMES).flatMap(({ headers }): readonly string[] => {
    if ('input' in headers) return [headers.input.toLowerCase(), headers.signature.toLowerCase()];
    if (headers.kind === 'joined') return [];
    return [headers.signature.toLowerCase(), headers.timestamp.toLowerCase()];
  }),
);

/** Asked of every request, so that those without a signature are not read once for each scheme. */
function mayBear(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (SIGNATURE_HEADERS.has(name)) return true;
    // One scheme joins all of it in this header; with a space in it, it is another kind of credential.
    if (name === 'authorization' && rawHeaders[at + 1]?.includes(' ') === false) return true;
  }
  return false;
}

function invalid(reason: string | undefined): Fault {
  return new Fault('SIGNATURE_INVALID', { detail: SENTENCES.get(reason ?? '') ?? '' });
}

/** A refused time says by how much it was off (U9). */
function clockText(differenceMs: number | null): string {
  if (differenceMs === null) return 'Its time is over.';
  const seconds = Math.round(Math.abs(differenceMs) / 1_000);
  return `Its time is ${seconds} s ${differenceMs < 0 ? 'behind' : 'ahead of'} the clock of this gateway.`;
}
