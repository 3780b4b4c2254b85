import { hash } from 'node:crypto';
import { schemeFault } from './fault.ts';
import { JOSE_NAMES } from './read-jwt.ts';
import type { Scheme } from './scheme.ts';
import { type Signing, signatureText } from './signing.ts';

/** A compact JWS over the SHA-256 of the body and the time, under the key that `keyId` names. */
export function signJwt(
  scheme: Scheme,
  { body, parameters, timestampText, secrets: [secret] }: Signing,
): string {
  const algorithm = JOSE_NAMES[scheme.algorithm];
  if (algorithm === undefined || secret === undefined) throw schemeFault('KEY_MALFORMED');
  const header = part({ alg: algorithm, kid: parameters.keyId, typ: 'JWT' });
  const payload = part({ iat: Number(timestampText), request_body_sha256: hash('sha256', body, 'hex') });
  const signed = `${header}.${payload}`;
  return `${signed}.${signatureText(scheme, secret, [signed])}`;
}

function part(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
