import { signatureBytes } from './algorithms.ts';
import { decodeSignature } from './encoding.ts';
import { LIMITS } from './limits.ts';
import { notRead, type Reading, type ReadingInput } from './reading.ts';
import type { Scheme } from './scheme.ts';

/**
 * Braintree's form: one field with the signed text, which is base64 with line feeds, one with pairs `key|signature`
 * joined by `&`. Where our public key is configured, pairs of other keys are passed over. Its package takes the signed
 * text with a line feed behind it as well, since some of its messages were signed so.
 */
export function readForm(scheme: Scheme, { body, parameters }: ReadingInput): Reading {
  if (scheme.signature.kind !== 'form') return notRead('signature-malformed');
  const fields = formFields(body);
  if (fields === null) return notRead('body-malformed');
  const { signatureField, payloadField } = scheme.signature;
  const pairs = fields.get(signatureField);
  if (pairs === undefined || pairs === '') return notRead('signature-missing');
  const payload = fields.get(payloadField);
  if (payload === undefined || !/^[A-Za-z0-9+/=\n]+$/.test(payload)) return notRead('body-malformed');

  // What `answerChallenge` signs for anyone who asks must not pass for a message.
  if (CHALLENGE.test(payload.trimEnd())) return notRead('body-malformed');

  const items = pairs.split('&');
  if (items.length > LIMITS.signaturesMax) return notRead('signature-malformed');
  const signatures: Uint8Array[] = [];
  for (const item of items) {
    const [key, text, ...rest] = item.split('|');
    if (key === undefined || text === undefined || key === '' || rest.length > 0)
      return notRead('signature-malformed');
    if (parameters.publicKey !== undefined && parameters.publicKey !== key) continue;
    const signature = decodeSignature(text, {
      encoding: scheme.encoding,
      bytes: signatureBytes(scheme.algorithm),
    });
    if (signature === null) return notRead('signature-malformed');
    signatures.push(signature);
  }
  if (signatures.length === 0) return notRead('version-unknown');
  return {
    ok: true,
    messages: [{ signatures, contents: [[payload], [payload, '\n']] }],
    id: null,
    timestampMs: null,
  };
}

/** What the platform asks for, and its package answers: hex digits, 20 to 32 of them. */
export const CHALLENGE = /^[a-f0-9]{20,32}$/;

/** The fields of an `application/x-www-form-urlencoded` body, or `null`: not ASCII, badly escaped, or a name twice. */
export function formFields(body: Uint8Array): ReadonlyMap<string, string> | null {
  if (body.length > LIMITS.derivedBodyBytesMax) return null;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const fields = new Map<string, string>();
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const name = decoded(pair.slice(0, at));
    const value = decoded(pair.slice(at + 1));
    if (at < 0 || name === null || value === null || fields.has(name) || fields.size >= FIELDS_MAX)
      return null;
    fields.set(name, value);
  }
  return fields;
}

const FIELDS_MAX = 16;

function decoded(text: string): string | null {
  if (!/^(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/.test(text)) return null;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
