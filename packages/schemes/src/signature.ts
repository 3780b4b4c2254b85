import { decodeMac, type MacShape } from './encoding.ts';
import { LIMITS } from './limits.ts';
import { MACS } from './mac.ts';
import type { Reason } from './reasons.ts';
import type { Scheme, SignatureForm } from './scheme.ts';

/**
 * The decoded MACs of a signature header, each of exact length, or why it is refused. One item that isn't
 * canonical refuses the whole header: `v1,` with nothing behind it once passed for a signature (CVE-2024-21491).
 */
export function readSignatures(scheme: Scheme, value: string): SignaturesRead {
  if (value.length > LIMITS.signatureHeaderCharactersMax) return { ok: false, reason: 'signature-malformed' };
  const shape = { encoding: scheme.encoding, bytesCount: MACS[scheme.algorithm].bytesCount };
  return scheme.signature.kind === 'whole'
    ? readWhole(value, scheme.signature, shape)
    : readVersionedList(value, scheme.signature, shape);
}

export type SignaturesRead =
  | { readonly ok: true; readonly macs: readonly Uint8Array[] }
  | { readonly ok: false; readonly reason: Reason };

type Form<Kind extends SignatureForm['kind']> = Extract<SignatureForm, { kind: Kind }>;

function readWhole(value: string, form: Form<'whole'>, shape: MacShape): SignaturesRead {
  if (!value.startsWith(form.prefix)) return { ok: false, reason: 'signature-malformed' };
  const mac = decodeMac(value.slice(form.prefix.length), shape);
  return mac === null ? { ok: false, reason: 'signature-malformed' } : { ok: true, macs: [mac] };
}

function readVersionedList(value: string, form: Form<'versioned-list'>, shape: MacShape): SignaturesRead {
  const items = value.split(' ');
  if (items.length > LIMITS.signaturesMax) return { ok: false, reason: 'signature-malformed' };
  const macs: Uint8Array[] = [];
  for (const item of items) {
    const [, version, text] = ITEM.exec(item) ?? [];
    if (version === undefined || text === undefined) return { ok: false, reason: 'signature-malformed' };
    if (version !== form.version) continue;
    const mac = decodeMac(text, shape);
    if (mac === null) return { ok: false, reason: 'signature-malformed' };
    macs.push(mac);
  }
  return macs.length === 0 ? { ok: false, reason: 'version-unknown' } : { ok: true, macs };
}

/** `v1,…`, `v1a,…`: a version, a comma, and something; also an item that is passed over must be that much. */
const ITEM = /^([A-Za-z][A-Za-z0-9]{0,15}),([A-Za-z0-9+/_=-]+)$/;
