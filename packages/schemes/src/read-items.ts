import { signatureBytes } from './algorithms.ts';
import { type ParsedBody, parseBody } from './derived.ts';
import { decodeSignature } from './encoding.ts';
import { type JsonNode, type JsonObject, memberAt, nodeAt } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import { notRead, type Reading, type ReadingInput, type SignedMessage } from './reading.ts';
import type { Reason } from './reasons.ts';
import type { Scheme } from './scheme.ts';

/**
 * Adyen's payment notifications: each item of the list bears its own signature, over eight of its members joined by
 * colons. Every item has to have one that fits: one good item vouches for none of the others. None may be there twice: nothing
 * signed says how many there are, and one that was seen could be sent as ever longer lists of itself, each of them news.
 */
export function readItems(scheme: Scheme, { body }: ReadingInput): Reading {
  const parsed = parseBody(body);
  const items = parsed === null ? null : notificationItems(parsed);
  if (items === null) return notRead('body-malformed');
  const messages: SignedMessage[] = [];
  for (const item of items) {
    const message = readItem(scheme, item);
    if (typeof message === 'string') return notRead(message);
    messages.push(message);
  }
  const texts = messages.map(({ contents }) => String(contents[0]?.[0]));
  if (new Set(texts).size < texts.length) return notRead('body-malformed');
  return { ok: true, messages, id: null, timestampMs: null };
}

/** The items of a body, or `null` when it has not exactly that shape. */
export function notificationItems({ root }: ParsedBody): readonly JsonObject[] | null {
  const list = memberAt(root, 'notificationItems');
  if (list?.kind !== 'array' || list.items.length === 0 || list.items.length > LIMITS.itemsMax) return null;
  const items: JsonObject[] = [];
  for (const entry of list.items) {
    const item = memberAt(entry, 'NotificationRequestItem');
    if (item?.kind !== 'object') return null;
    items.push(item);
  }
  return items;
}

/**
 * The signed text of an item, or `null`. Of its members only the merchant's own reference may hold a colon, and those
 * behind it have fixed alphabets: so the text can be cut in one way alone.
 */
export function itemContent(item: JsonObject): string | null {
  const texts: string[] = [];
  for (const { path, pattern } of FIELDS) {
    const text = fieldText(nodeAt(item, path));
    // A lone surrogate would be written as the same bytes as any other.
    if (text === null || !text.isWellFormed() || !pattern.test(text)) return null;
    texts.push(text);
  }
  return texts.join(':');
}

function readItem(scheme: Scheme, item: JsonObject): SignedMessage | Reason {
  const node = nodeAt(item, ['additionalData', 'hmacSignature']);
  if (node?.kind !== 'string' || node.value === '') return 'signature-missing';
  const shape = { encoding: scheme.encoding, bytes: signatureBytes(scheme.algorithm) };
  const signature = decodeSignature(node.value, shape);
  if (signature === null) return 'signature-malformed';
  const content = itemContent(item);
  return content === null ? 'body-malformed' : { signatures: [signature], contents: [[content]] };
}

/** What its package writes for an absent member is nothing. */
function fieldText(node: JsonNode | null): string | null {
  if (node === null) return '';
  if (node.kind === 'object' || node.kind === 'array') return null;
  return node.kind === 'literal' && node.value === 'null' ? '' : node.value;
}

const PLAIN = /^[^:]*$/;

/** In the order in which they are signed. An amount in minor units is a whole number, of which each has one spelling. */
const FIELDS: readonly { readonly path: readonly string[]; readonly pattern: RegExp }[] = Object.freeze([
  { path: ['pspReference'], pattern: PLAIN },
  { path: ['originalReference'], pattern: PLAIN },
  { path: ['merchantAccountCode'], pattern: PLAIN },
  { path: ['merchantReference'], pattern: /^/ },
  { path: ['amount', 'value'], pattern: /^(?:|0|-?[1-9][0-9]{0,15})$/ },
  { path: ['amount', 'currency'], pattern: /^[A-Za-z]{0,8}$/ },
  { path: ['eventCode'], pattern: /^[A-Za-z0-9_]{1,64}$/ },
  { path: ['success'], pattern: /^(?:true|false)$/ },
]);
