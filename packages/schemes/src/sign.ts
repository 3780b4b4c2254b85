import { configured } from './configured.ts';
import { needsParsing } from './content.ts';
import { type ParsedBody, parseBody } from './derived.ts';
import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import { isHeaderId, mayLackId } from './read-message.ts';
import type { Scheme, SchemeName, SignatureForm } from './scheme.ts';
import { schemeOf } from './schemes.ts';
import { isUsableTo } from './secret.ts';
import { signForm, signItems, signMember } from './sign-body.ts';
import { signJwt } from './sign-jwt.ts';
import { signatureKey } from './signature.ts';
import { type Signing, signatureTexts } from './signing.ts';
import { writeTimestamp } from './timestamp.ts';

/**
 * The headers, and the body where the scheme signs inside it, that make a message verifiable under a scheme. The first
 * secret is the current one; where the form carries several signatures there is one for each, elsewhere the first alone
 * signs. Of an asymmetric scheme the secret is the private key (`parseSigningSecret`).
 * Throws `SchemeFault`: `SECRET_MISSING`, `SECRET_TOO_SHORT`, `KEY_MALFORMED`, `SECRETS_TOO_MANY`, `ID_MISSING`,
 * `ID_MALFORMED`, `TIME_INVALID`, `BODY_MALFORMED`, `PARAMETER_…`, `URL_…`, `TARGET_…`.
 *
 * @example
 * const { headers } = sign({ scheme: 'standard-webhooks', secrets: [secret], body, id: 'evt_1', nowMs: Date.now() });
 * for (const [name, value] of headers) request.setHeader(name, value);
 */
export function sign(input: SignInput): Signed {
  const scheme = schemeOf(input.scheme);
  const values = configured(scheme, input, 'sign');
  checkSecrets(scheme, input.secrets);
  if (!Number.isSafeInteger(input.nowMs) || input.nowMs < 0) throw schemeFault('TIME_INVALID');
  const signing: Signing = {
    ...values,
    secrets: input.secrets,
    body: input.body,
    parsed: needsParsing(scheme) ? parsedFor(input.body) : null,
    id: idFor(scheme, input.id),
    timestampText: timestampFor(scheme, input.nowMs),
  };
  switch (scheme.signature.kind) {
    case 'items':
      return { headers: alsoSent(scheme, signing), body: signItems(scheme, signing) };
    case 'form':
      return { headers: alsoSent(scheme, signing), body: signForm(scheme, signing) };
    case 'body-member':
      return { headers: alsoSent(scheme, signing), body: signMember(scheme, signing) };
    case 'jwt':
      return { headers: [[headerName(scheme), signJwt(scheme, signing)]], body: input.body };
    default:
      return {
        headers: [
          ...pair(scheme.headers.id, signing.id),
          ...pair(scheme.headers.timestamp, signing.timestampText),
          ...alsoSent(scheme, signing),
          ...written(scheme, signing).map((text): [string, string] => [headerName(scheme), text]),
        ],
        body: input.body,
      };
  }
}

export interface SignInput {
  /** A name of the table, or what `genericScheme` made. */
  readonly scheme: SchemeName | Scheme;
  /** The current one first; 1 to 16. */
  readonly secrets: readonly Uint8Array[];
  readonly body: Uint8Array;
  /** Needed where the scheme signs an id, a nonce or a salt; without effect elsewhere. */
  readonly id?: string | undefined;
  readonly nowMs: number;
  readonly url?: string | undefined;
  readonly target?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface Signed {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The given body, but where the scheme signs inside it. */
  readonly body: Uint8Array;
}

function checkSecrets(scheme: Scheme, secrets: readonly Uint8Array[]): void {
  if (secrets.length === 0) throw schemeFault('SECRET_MISSING');
  if (secrets.length > LIMITS.secretsMax) throw schemeFault('SECRETS_TOO_MANY');
  if (secrets.every((secret) => isUsableTo('sign', scheme, secret))) return;
  throw schemeFault(scheme.algorithm.startsWith('hmac-') ? 'SECRET_TOO_SHORT' : 'KEY_MALFORMED');
}

function parsedFor(body: Uint8Array): ParsedBody {
  const parsed = parseBody(body);
  if (parsed === null) throw schemeFault('BODY_MALFORMED');
  return parsed;
}

function idFor(scheme: Scheme, id: string | undefined): string | null {
  if (scheme.headers.id === null || (id === undefined && mayLackId(scheme))) return null;
  if (id === undefined || id === '') throw schemeFault('ID_MISSING');
  if (!isHeaderId(id, scheme)) throw schemeFault('ID_MALFORMED');
  return id;
}

function timestampFor({ timestamp }: Scheme, nowMs: number): string | null {
  if (!Number.isSafeInteger(nowMs) || nowMs < 0) throw schemeFault('TIME_INVALID');
  if (timestamp === null) return null;
  // ISO 8601 has four digits for the year.
  if (timestamp.unit === 'iso8601' && nowMs > ISO_MS_MAX) throw schemeFault('TIME_INVALID');
  return writeTimestamp(nowMs, timestamp.unit);
}

const ISO_MS_MAX = 253_402_300_799_999;

function headerName({ headers: { signature } }: Scheme): string {
  if (signature === null) throw schemeFault('SCHEME_UNKNOWN');
  return signature;
}

function alsoSent({ headers }: Scheme, { parameters }: Signing): readonly (readonly [string, string])[] {
  return [...pair(headers.key ?? null, parameters.keyId ?? null), ...(headers.alsoSent ?? [])];
}

/** The values of the signature's header: one, but where it may be repeated. */
function written(scheme: Scheme, signing: Signing): readonly string[] {
  const form = scheme.signature;
  const texts = signatureTexts(scheme, signing);
  const [first = ''] = texts;
  const stamp = signing.timestampText ?? '';
  switch (form.kind) {
    case 'versioned-list':
      return [texts.map((text) => `${form.version}${form.joiner}${text}`).join(form.separator)];
    case 'pairs':
      return [pairsText(form, { stamp, texts: form.repeats ? texts : [first], signing })];
    case 'stamped':
      return [[stamp, ...(form.repeats ? texts : [first])].join(',')];
    case 'whole':
      return (scheme.headers.repeats === true ? texts : [first]).map((text) => `${form.prefix}${text}`);
    default:
      throw schemeFault('SCHEME_UNKNOWN');
  }
}

interface PairsInput {
  readonly stamp: string;
  readonly texts: readonly string[];
  readonly signing: Signing;
}

function pairsText(
  form: Extract<SignatureForm, { kind: 'pairs' }>,
  { stamp, texts, signing }: PairsInput,
): string {
  const wanted = signatureKey(form, signing.parameters);
  const keys = typeof form.signatureKey === 'string' ? [wanted] : Object.values(form.signatureKey.keys);
  const items = form.timestampKey === null ? [] : [`${form.timestampKey}=${stamp}`];
  // A key that is for another parameter is there, and empty.
  for (const key of keys) items.push(...(key === wanted ? texts : ['']).map((text) => `${key}=${text}`));
  return items.join(form.spaced ? `${form.separator} ` : form.separator);
}

function pair(name: string | null, value: string | null): readonly (readonly [string, string])[] {
  return name === null || value === null ? [] : [[name, value]];
}
