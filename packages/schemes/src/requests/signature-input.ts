import { readHeader } from '../header.ts';
import { LIMITS } from '../limits.ts';
import { bears, isPlainText } from './header-text.ts';
import type { RequestReason } from './request-reasons.ts';
import type { MessageSignatureScheme } from './request-scheme.ts';
import { type InnerList, type Item, type Parameters, parseDictionary } from './structured-fields.ts';

/**
 * What the two headers of a message signature say (RFC 9421 section 4), `null` when the request has neither.
 * What has to be covered, and which parameters there have to be, is decided here and not by the sender (section
 * 3.2.1 leaves it to the application). One signature under one label: of several, one would go unchecked.
 */
export function readSignatureInput(
  scheme: MessageSignatureScheme,
  rawHeaders: readonly string[],
): SignatureInputRead | null {
  if (!bears(rawHeaders, scheme.headers.input) && !bears(rawHeaders, scheme.headers.signature)) return null;
  const list = readInputList(scheme, rawHeaders);
  if (typeof list === 'string') return refused(list);
  const signature = readSignatureBytes(scheme, rawHeaders);
  if (typeof signature === 'string') return refused(signature);
  const names = readComponents(scheme, { list, rawHeaders });
  if (typeof names === 'string') return refused(names);
  const parameters = readParameters(scheme, list.parameters);
  if (typeof parameters === 'string') return refused(parameters);
  return { ok: true, ...parameters, components: names, parametersText: list.text, signature };
}

export type SignatureInputRead =
  | ({
      readonly ok: true;
      readonly components: readonly string[];
      /** The inner list with its parameters, as received. */
      readonly parametersText: string;
      readonly signature: Uint8Array;
    } & SignatureParameters)
  | { readonly ok: false; readonly reason: RequestReason; readonly createdMs: null };

export interface SignatureParameters {
  readonly keyId: string;
  readonly nonce: string;
  /** As claimed by the sender; the keys decide. */
  readonly algorithm: string | null;
  readonly createdMs: number;
  readonly expiresMs: number;
}

function readInputList(
  scheme: MessageSignatureScheme,
  rawHeaders: readonly string[],
): InnerList | RequestReason {
  const header = readHeader(rawHeaders, scheme.headers.input);
  if (header.kind !== 'present') return header.kind === 'missing' ? 'input-missing' : 'signature-repeated';
  const members = parseDictionary(header.value);
  if (members === null) return 'input-malformed';
  const member = members.size === 1 ? members.get(scheme.label) : undefined;
  if (member === undefined) return 'label-unknown';
  return member.kind === 'inner-list' ? member : 'input-malformed';
}

function readSignatureBytes(
  scheme: MessageSignatureScheme,
  rawHeaders: readonly string[],
): Uint8Array | RequestReason {
  const header = readHeader(rawHeaders, scheme.headers.signature);
  if (header.kind !== 'present') return `signature-${header.kind}`;
  const members = parseDictionary(header.value);
  if (members === null) return 'signature-malformed';
  const member = members.size === 1 ? members.get(scheme.label) : undefined;
  if (member === undefined) return 'label-unknown';
  const isBytes = member.kind === 'item' && member.value.kind === 'bytes' && member.parameters.size === 0;
  return isBytes ? member.value.value : 'signature-malformed';
}

/** Names only: a parameter such as `;sf` or `;req` would have the value read in another way (section 2.1). */
function readComponents(
  scheme: MessageSignatureScheme,
  { list, rawHeaders }: { list: InnerList; rawHeaders: readonly string[] },
): readonly string[] | RequestReason {
  if (list.items.length > LIMITS.componentsMax) return 'component-unknown';
  const names = list.items.map((item) => componentName(scheme, item));
  if (!names.every((name) => name !== null)) return 'component-unknown';
  if (new Set(names).size !== names.length) return 'component-repeated';
  const required = [...scheme.covered, ...scheme.coveredIfPresent.filter((name) => bears(rawHeaders, name))];
  return required.every((name) => names.includes(name)) ? names : 'coverage-too-small';
}

function componentName(scheme: MessageSignatureScheme, { value, parameters }: Item): string | null {
  if (value.kind !== 'string' || parameters.size > 0) return null;
  const isKnown = scheme.covered.includes(value.value) || /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(value.value);
  return isKnown ? value.value : null;
}

const PARAMETERS: ReadonlySet<string> = new Set(['created', 'expires', 'keyid', 'nonce', 'tag', 'alg']);

function readParameters(
  scheme: MessageSignatureScheme,
  parameters: Parameters,
): SignatureParameters | RequestReason {
  for (const name of parameters.keys()) if (!PARAMETERS.has(name)) return 'parameter-unknown';
  const created = seconds(parameters, 'created');
  const expires = seconds(parameters, 'expires');
  const keyId = string(parameters, 'keyid');
  const nonce = string(parameters, 'nonce');
  const tag = string(parameters, 'tag');
  const all = [created, expires, keyId, nonce, tag];
  if (all.includes(undefined)) return 'parameter-missing';
  if (typeof created !== 'number' || typeof expires !== 'number') return 'parameter-malformed';
  if (typeof keyId !== 'string' || typeof nonce !== 'string') return 'parameter-malformed';
  if (!isPlainText(keyId)) return 'key-id-malformed';
  if (!isPlainText(nonce, LIMITS.nonceCharactersMin)) return 'nonce-malformed';
  if (tag !== scheme.tag) return 'tag-mismatch';
  const algorithm = string(parameters, 'alg');
  if (algorithm === null) return 'parameter-malformed';
  return {
    keyId,
    nonce,
    algorithm: algorithm ?? null,
    createdMs: created * 1000,
    expiresMs: expires * 1000,
  };
}

/** `undefined` when it isn't there, `null` when it is of another type. */
function seconds(parameters: Parameters, name: string): number | null | undefined {
  const bare = parameters.get(name);
  if (bare === undefined) return undefined;
  return bare.kind === 'integer' && bare.value >= 0 ? bare.value : null;
}

function string(parameters: Parameters, name: string): string | null | undefined {
  const bare = parameters.get(name);
  if (bare === undefined) return undefined;
  return bare.kind === 'string' ? bare.value : null;
}

function refused(reason: RequestReason): SignatureInputRead {
  return { ok: false, reason, createdMs: null };
}
