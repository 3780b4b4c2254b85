import { type ParsedBody, parseBody } from './derived.ts';
import { schemeFault } from './fault.ts';
import { type JsonObject, memberAt, nodeAt } from './json-tree.ts';
import { itemContent, notificationItems } from './read-items.ts';
import type { Scheme } from './scheme.ts';
import { type Signing, signatureText, signatureTexts } from './signing.ts';

/** The body with the signature as its last member; a body that has one already is a fault. */
export function signMember(scheme: Scheme, signing: Signing): Uint8Array {
  const { parsed } = signing;
  if (scheme.signature.kind !== 'body-member' || parsed?.root.kind !== 'object') throw malformed();
  const { name } = scheme.signature;
  if (memberAt(parsed.root, name) !== null) throw malformed();
  const [text = ''] = signatureTexts(scheme, signing);
  return inserted(parsed.text, [{ into: parsed.root, text: `${JSON.stringify(name)}:"${text}"` }]);
}

/** Adyen's list, with a signature in the additional data of each item. */
export function signItems(scheme: Scheme, { parsed, secrets: [secret] }: Signing): Uint8Array {
  const items = parsed === null ? null : notificationItems(parsed);
  if (parsed === null || items === null || secret === undefined) throw malformed();
  const insertions = items.map((item): Insertion => {
    const content = itemContent(item);
    const additional = memberAt(item, 'additionalData');
    if (content === null || nodeAt(additional, ['hmacSignature']) !== null) throw malformed();
    const text = `"hmacSignature":"${signatureText(scheme, secret, [content])}"`;
    if (additional === null) return { into: item, text: `"additionalData":{${text}}` };
    if (additional.kind !== 'object') throw malformed();
    return { into: additional, text };
  });
  return inserted(parsed.text, insertions);
}

/** Braintree's form around a body, which goes in as base64. */
export function signForm(scheme: Scheme, { body, secrets: [secret], parameters }: Signing): Uint8Array {
  if (scheme.signature.kind !== 'form' || secret === undefined || body.length === 0) throw malformed();
  const { signatureField, payloadField } = scheme.signature;
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
  // Lines of 60 characters, each with its end, as its Ruby servers write them.
  const payload = base64.replaceAll(/.{1,60}/g, '$&\n');
  const signature = signatureText(scheme, secret, [payload]);
  const form = new URLSearchParams([
    [signatureField, `${parameters.publicKey ?? ''}|${signature}`],
    [payloadField, payload],
  ]);
  return Buffer.from(form.toString());
}

interface Insertion {
  readonly into: JsonObject;
  readonly text: string;
}

/** From the last to the first, so that the places before stay what they are. The result is read again, to be sure. */
function inserted(text: string, insertions: readonly Insertion[]): Uint8Array {
  let whole = text;
  for (const { into, text: member } of insertions.toReversed()) {
    const at = into.end - 1;
    whole = `${whole.slice(0, at)}${into.members.length === 0 ? '' : ','}${member}${whole.slice(at)}`;
  }
  const bytes = Buffer.from(whole);
  const again: ParsedBody | null = parseBody(bytes);
  if (again === null) throw malformed();
  return bytes;
}

function malformed(): Error {
  return schemeFault('BODY_MALFORMED');
}
