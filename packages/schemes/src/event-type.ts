import { parseBody } from './derived.ts';
import { decodeBase64Text } from './encoding.ts';
import { readHeader } from './header.ts';
import { jsonStringAt } from './json-string-at.ts';
import { type JsonNode, memberAt, nodeAt } from './json-tree.ts';
import { LIMITS } from './limits.ts';
import { formFields } from './read-form.ts';
import type { Scheme, SchemeName } from './scheme.ts';
import { schemeOf } from './schemes.ts';

/**
 * The type of an event, as the platform writes it, or `null`: none, none that can be kept, or several in one message.
 * Where it comes from a header it is not signed, and the row's `notCovered` says so. Never throws for what was sent.
 *
 * @example
 * eventTypeOf('stripe', { rawHeaders, body }); // 'payment_intent.succeeded'
 */
export function eventTypeOf(
  scheme: SchemeName | Scheme,
  { rawHeaders, body }: EventTypeInput,
): string | null {
  const rule = schemeOf(scheme).eventType;
  switch (rule.from) {
    case 'none':
      return null;
    case 'header': {
      const header = readHeader(rawHeaders, rule.name);
      return header.kind === 'present' ? kept(header.value) : null;
    }
    case 'items': {
      const list = memberAt(parseBody(body)?.root ?? null, rule.list);
      if (list?.kind !== 'array') return null;
      const [type, ...others] = new Set(list.items.map((item) => textOfNode(nodeAt(item, rule.path))));
      return others.length > 0 ? null : (type ?? null);
    }
    case 'form-xml':
      return elementOf(body, rule);
    case 'body':
      for (const path of rule.paths) {
        const found = textAt(body, path);
        if (found !== null) return found;
      }
      return null;
  }
}

export interface EventTypeInput {
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

function textAt(body: Uint8Array, path: readonly (string | number)[]): string | null {
  const names = path.filter((step) => typeof step === 'string');
  if (names.length === path.length) return kept(jsonStringAt(body, names));
  return textOfNode(nodeAt(parseBody(body)?.root ?? null, path));
}

function textOfNode(node: JsonNode | null): string | null {
  return node?.kind === 'string' ? kept(node.value) : null;
}

function elementOf(
  body: Uint8Array,
  { payloadField, element }: { readonly payloadField: string; readonly element: string },
): string | null {
  const payload = formFields(body)?.get(payloadField);
  const bytes = payload === undefined ? null : decodeBase64Text(payload.replaceAll('\n', ''));
  if (bytes === null) return null;
  const xml = Buffer.from(bytes).toString('utf8');
  const [start, end] = [`<${element}>`, `</${element}>`];
  const at = xml.indexOf(start);
  const until = xml.indexOf(end, at);
  return at < 0 || until < 0 ? null : kept(xml.slice(at + start.length, until));
}

/** Plain text that can be kept, filtered by and shown. */
function kept(text: string | null): string | null {
  if (text === null || text === '' || text.length > LIMITS.eventTypeCharactersMax) return null;
  return text.isWellFormed() && !/\p{Cc}/u.test(text) ? text : null;
}
