import { Fault } from '#base';
import { OUTBOUND_BOUNDS } from './bounds.ts';
import type { OutboundCall } from './call.ts';
import { markUnsent } from './faults.ts';
import { isTarget } from './origin.ts';

/** CONNECT and TRACE are not calls. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Fields for one hop (RFC 9110 section 7.6.1), and those that say where and how the message is sent: all ours. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'content-length',
  'host',
  'accept-encoding',
]);

/** What would change the protocol in mid-message. */
const REFUSED: ReadonlySet<string> = new Set(['expect', 'upgrade', 'trailer', 'http2-settings']);

/** Two of these would be read differently by different servers. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'idempotency-key']);

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 section 5.6.2
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110 section 5.5; written as these bytes

/**
 * The header fields of a call as undici takes them, names and values in turns.
 *
 * Throws `INVALID_REQUEST`, naming the field and never its value, where the call could be read as something else.
 */
export function prepareHeaders(call: OutboundCall): string[] {
  if (!METHODS.has(call.method)) throw invalid('method', 'is not one that is called');
  if (call.target.length > OUTBOUND_BOUNDS.targetBytesMax) throw invalid('target', 'is too long');
  if (!isTarget(call.target)) throw invalid('target', 'is not a path in printable ASCII without "#"');
  if (call.headers.length > OUTBOUND_BOUNDS.requestHeadersMax) throw invalid('headers', 'are too many');

  const named = connectionNames(call);
  const seen = new Set<string>();
  const fields: string[] = [];
  for (const [name, value] of call.headers) {
    const lower = name.toLowerCase();
    if (!token.test(name)) throw invalid('headers', 'hold a name that is not a token');
    if (!fieldValue.test(value))
      throw invalid(`headers.${lower}`, 'holds a character that ends or hides a field');
    if (REFUSED.has(lower)) throw invalid(`headers.${lower}`, 'is not forwarded');
    if (OURS.has(lower) || named?.has(lower) === true) continue;
    if (SINGLE.has(lower)) {
      if (seen.has(lower)) throw invalid(`headers.${lower}`, 'is repeated');
      seen.add(lower);
    }
    fields.push(lower, value);
  }
  fields.push('accept-encoding', 'identity');
  const { bodyBytes } = call;
  if (bodyBytes !== undefined && bodyBytes !== null && isStreamed(call.body)) {
    if (!Number.isSafeInteger(bodyBytes) || bodyBytes < 0) throw invalid('bodyBytes', 'is not a length');
    fields.push('content-length', String(bodyBytes));
  }
  return fields;
}

/** Header fields of an answer as they arrived, without what belongs to the one hop behind us. */
export function answerHeaders(raw: readonly (Buffer | string)[]): [string, string][] {
  const fields: [string, string][] = [];
  let named: Set<string> | null = null;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = textOf(raw[index]).toLowerCase();
    const value = textOf(raw[index + 1]).replace(/[ \t]+$/, '');
    if (name === 'connection') named = addNames(named, value);
    if (!HOP.has(name)) fields.push([name, value]);
  }
  const dropped = named;
  return dropped === null ? fields : fields.filter(([name]) => !dropped.has(name) || KEPT.has(name));
}

const HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A peer that names these as its own hop's would change the meaning of the answer. */
const KEPT: ReadonlySet<string> = new Set(['content-type', 'content-length', 'content-encoding']);

/** Whether a body comes piece by piece. */
export function isStreamed(body: OutboundCall['body']): body is AsyncIterable<Uint8Array> {
  return body !== null && !(body instanceof Uint8Array);
}

function connectionNames(call: OutboundCall): Set<string> | null {
  let names: Set<string> | null = null;
  for (const [name, value] of call.headers) {
    if (name.length === 10 && name.toLowerCase() === 'connection') names = addNames(names, value);
  }
  return names;
}

function addNames(names: Set<string> | null, value: string): Set<string> {
  const into = names ?? new Set<string>();
  for (const name of value.split(',')) into.add(name.trim().toLowerCase());
  return into;
}

function textOf(part: Buffer | string | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}

function invalid(path: string, problem: string): Fault {
  return markUnsent(
    new Fault('INVALID_REQUEST', {
      detail: `The call outward is not valid: ${path} ${problem}.`,
      fields: [{ path, problem }],
    }),
  );
}
