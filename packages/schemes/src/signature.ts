import { signatureBytes } from './algorithms.ts';
import { decodeSignature, type SignatureShape } from './encoding.ts';
import { LIMITS } from './limits.ts';
import type { Reason } from './reasons.ts';
import type { Scheme, SignatureForm } from './scheme.ts';

/**
 * The decoded signatures of a header or member, each of exact length, and the time that stands among them; or why it
 * is refused. One item that isn't canonical refuses the whole: `v1,` with nothing behind it once passed for a
 * signature (CVE-2024-21491).
 */
export function readSignatures(scheme: Scheme, { text, parameters }: SignatureText): SignaturesRead {
  if (text.length > LIMITS.signatureHeaderCharactersMax) return MALFORMED;
  const shape = { encoding: scheme.encoding, bytes: signatureBytes(scheme.algorithm) };
  const form = scheme.signature;
  switch (form.kind) {
    case 'whole':
      return readWhole(text, form.prefix, shape);
    case 'body-member':
      return readWhole(text, '', shape);
    case 'versioned-list':
      return readVersionedList(text, form, shape);
    case 'pairs':
      return readPairs(text, { ...form, wanted: signatureKey(form, parameters) }, shape);
    case 'stamped':
      return readStamped(text, form, shape);
    default:
      return MALFORMED;
  }
}

export interface SignatureText {
  readonly text: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type SignaturesRead =
  | {
      readonly ok: true;
      readonly signatures: readonly Uint8Array[];
      /** The time as it stands in the same header, or `null`. */
      readonly timestampText: string | null;
    }
  | { readonly ok: false; readonly reason: Reason };

type Form<Kind extends SignatureForm['kind']> = Extract<SignatureForm, { kind: Kind }>;

/** Which key of the pairs has the signature; a parameter may decide. */
export function signatureKey(
  { signatureKey: key }: Form<'pairs'>,
  parameters: Readonly<Record<string, string>>,
): string {
  if (typeof key === 'string') return key;
  return key.keys[parameters[key.parameter] ?? ''] ?? '';
}

function readWhole(text: string, prefix: string, shape: SignatureShape): SignaturesRead {
  if (!text.startsWith(prefix)) return MALFORMED;
  const signature = decodeSignature(text.slice(prefix.length), shape);
  return signature === null ? MALFORMED : { ok: true, signatures: [signature], timestampText: null };
}

function readVersionedList(
  text: string,
  { version: wanted, separator, joiner }: Form<'versioned-list'>,
  shape: SignatureShape,
): SignaturesRead {
  const items = text.split(separator);
  if (items.length > LIMITS.signaturesMax) return MALFORMED;
  const signatures: Uint8Array[] = [];
  for (const item of items) {
    const at = item.indexOf(joiner);
    const [version, value] = [item.slice(0, at), item.slice(at + joiner.length)];
    // An item that is passed over must be that much, too.
    if (at < 0 || !VERSION.test(version) || !VALUE.test(value)) return MALFORMED;
    if (version !== wanted) continue;
    const signature = decodeSignature(value, shape);
    if (signature === null) return MALFORMED;
    signatures.push(signature);
  }
  if (signatures.length === 0) return { ok: false, reason: 'version-unknown' };
  return { ok: true, signatures, timestampText: null };
}

function readPairs(
  text: string,
  { separator, spaced, timestampKey, wanted, repeats }: Form<'pairs'> & { readonly wanted: string },
  shape: SignatureShape,
): SignaturesRead {
  const items = text.split(separator);
  if (items.length > LIMITS.signaturesMax) return MALFORMED;
  const signatures: Uint8Array[] = [];
  let timestampText: string | null = null;
  for (const [index, item] of items.entries()) {
    const pair = spaced && index > 0 && item.startsWith(' ') ? item.slice(1) : item;
    const at = pair.indexOf('=');
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 0 || !VERSION.test(key)) return MALFORMED;
    if (key === timestampKey) {
      if (timestampText !== null) return { ok: false, reason: 'timestamp-repeated' };
      timestampText = value;
    } else if (key === wanted) {
      if (signatures.length > 0 && !repeats) return { ok: false, reason: 'signature-repeated' };
      const signature = decodeSignature(value, shape);
      if (signature === null) return MALFORMED;
      signatures.push(signature);
    } else if (value !== '' && !VALUE.test(value)) return MALFORMED;
  }
  if (timestampKey !== null && (timestampText === null || timestampText === ''))
    return { ok: false, reason: 'timestamp-missing' };
  if (signatures.length === 0) return { ok: false, reason: 'version-unknown' };
  return { ok: true, signatures, timestampText };
}

function readStamped(text: string, { repeats }: Form<'stamped'>, shape: SignatureShape): SignaturesRead {
  const [timestampText = '', ...values] = text.split(',');
  if (values.length === 0 || values.length > LIMITS.signaturesMax) return MALFORMED;
  if (values.length > 1 && !repeats) return { ok: false, reason: 'signature-repeated' };
  const signatures: Uint8Array[] = [];
  for (const value of values) {
    const signature = decodeSignature(value, shape);
    if (signature === null) return MALFORMED;
    signatures.push(signature);
  }
  if (timestampText === '') return { ok: false, reason: 'timestamp-missing' };
  return { ok: true, signatures, timestampText };
}

const MALFORMED: SignaturesRead = Object.freeze({ ok: false, reason: 'signature-malformed' });

const VERSION = /^[A-Za-z][A-Za-z0-9]{0,15}$/;
const VALUE = /^[A-Za-z0-9+/_=-]+$/;
