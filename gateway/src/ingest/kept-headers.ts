/** Header fields of a webhook that are kept: names in lower case, in their order. */
export type KeptHeaders = readonly (readonly [name: string, value: string])[];

/** Kept of every webhook, besides those of its scheme: what tells applications apart what they got, and traces. */
const ALWAYS: ReadonlySet<string> = new Set([
  'content-type',
  'content-language',
  'date',
  'user-agent',
  'idempotency-key',
  'x-request-id',
  'x-correlation-id',
  'traceparent',
]);

/** Never kept, whatever an endpoint's settings say: credentials, and what belongs to one hop. */
const NEVER: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'host',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,64}$/;
const VALUE = /^[\x20-\x7e]*$/;
const ITEMS_MAX = 32;
const BYTES_MAX = 8_192;

/** Whether an endpoint's settings may name a header to be kept; in lower case. */
export function mayBeKept(name: string): boolean {
  return NAME.test(name) && !NEVER.has(name);
}

/**
 * The headers of a webhook that are kept: by allowlist, printable ASCII only, 32 fields and 8 KiB at most; what is beyond that is
 * left out.
 *
 * @example keptHeaders(['Content-Type', 'text/plain', 'Cookie', 'a=b'], new Set()); // [['content-type', 'text/plain']]
 */
export function keptHeaders(rawHeaders: readonly string[], more: ReadonlySet<string>): KeptHeaders {
  const kept: (readonly [string, string])[] = [];
  let bytes = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!ALWAYS.has(name) && !more.has(name)) continue;
    const value = rawHeaders[at + 1] ?? '';
    bytes += name.length + value.length;
    if (NEVER.has(name) || !VALUE.test(value) || bytes > BYTES_MAX || kept.length >= ITEMS_MAX) continue;
    kept.push([name, value]);
  }
  return kept;
}
