import { makeSignature } from './algorithms.ts';
import type { Configured } from './configured.ts';
import { signedContents, withSecret } from './content.ts';
import type { ParsedBody } from './derived.ts';
import { encodeMac } from './encoding.ts';
import { schemeFault } from './fault.ts';
import type { Scheme } from './scheme.ts';

/** What there is to sign with, checked. */
export interface Signing extends Configured {
  readonly secrets: readonly Uint8Array[];
  readonly body: Uint8Array;
  readonly parsed: ParsedBody | null;
  readonly id: string | null;
  readonly timestampText: string | null;
}

/** The signatures in text, one for each secret. */
export function signatureTexts(scheme: Scheme, signing: Signing): readonly string[] {
  const contents = signedContents(scheme, signing);
  const [content] = typeof contents === 'string' ? [] : contents;
  if (content === undefined) throw schemeFault('BODY_MALFORMED');
  return signing.secrets.map((secret) => signatureText(scheme, secret, withSecret(content, secret)));
}

/** The one signature under the current secret. */
export function signatureText(
  { algorithm, encoding }: Scheme,
  secret: Uint8Array,
  chunks: readonly (string | Uint8Array)[],
): string {
  const signature = makeSignature({ algorithm, secret, chunks });
  if (signature === null) throw schemeFault('KEY_MALFORMED');
  return encodeMac(signature, encoding);
}
