import { encodeMac } from './encoding.ts';
import { isHeaderId, signedContent } from './envelope.ts';
import { schemeFault } from './fault.ts';
import { computeMac } from './mac.ts';
import type { Scheme, SchemeName, SignatureForm } from './scheme.ts';
import { schemeNamed } from './schemes.ts';
import { isUsable } from './secret.ts';

/**
 * The headers that make a body verifiable under a scheme: the signature's, and the id's and timestamp's where the
 * scheme signs them. Throws `SchemeFault`: `SECRET_TOO_SHORT`, `ID_MISSING`, `ID_MALFORMED`, `TIME_INVALID`.
 *
 * @example
 * const headers = sign({ scheme: 'standard-webhooks', secret, body, id: 'evt_1', nowMs: Date.now() });
 * for (const [name, value] of headers) request.setHeader(name, value);
 */
export function sign(input: SignInput): readonly (readonly [name: string, value: string])[] {
  const scheme = schemeNamed(input.scheme);
  if (!isUsable(input.secret)) throw schemeFault('SECRET_TOO_SHORT');
  const id = idFor(scheme, input.id);
  const timestampText = timestampFor(scheme, input.nowMs);
  const chunks = signedContent({ content: scheme.content, id, timestampText, body: input.body });
  const mac = encodeMac(
    computeMac({ algorithm: scheme.algorithm, secret: input.secret, chunks }),
    scheme.encoding,
  );
  const { headers } = scheme;
  return [
    ...pair(headers.id, id),
    ...pair(headers.timestamp, timestampText),
    ...pair(headers.signature, written(scheme.signature, mac)),
  ];
}

export interface SignInput {
  readonly scheme: SchemeName;
  readonly secret: Uint8Array;
  readonly body: Uint8Array;
  /** Needed where the scheme signs an id, without effect elsewhere. */
  readonly id?: string | undefined;
  readonly nowMs: number;
}

function idFor(scheme: Scheme, id: string | undefined): string | null {
  if (scheme.headers.id === null) return null;
  if (id === undefined || id === '') throw schemeFault('ID_MISSING');
  if (!isHeaderId(id)) throw schemeFault('ID_MALFORMED');
  return id;
}

function timestampFor(scheme: Scheme, nowMs: number): string | null {
  if (!Number.isSafeInteger(nowMs) || nowMs < 0) throw schemeFault('TIME_INVALID');
  if (scheme.timestamp === null) return null;
  return String(scheme.timestamp.unit === 'seconds' ? Math.floor(nowMs / 1000) : nowMs);
}

function written(form: SignatureForm, mac: string): string {
  return form.kind === 'whole' ? `${form.prefix}${mac}` : `${form.version},${mac}`;
}

function pair(name: string | null, value: string | null): readonly (readonly [string, string])[] {
  return name === null || value === null ? [] : [[name, value]];
}
