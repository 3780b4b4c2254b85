import { LIMITS } from './limits.ts';
import { sdkError } from './sallyport-error.ts';

/** The request that goes to the gateway, without the key: `ANY /out/{connection}/{path}`. */
export function buildRequest({ origin, connection, request }: CallTarget): BuiltRequest {
  const method = METHODS.find((known) => known === request.method);
  if (method === undefined) throw sdkError('SDK_METHOD_INVALID');
  const content = contentOf(request.body);
  if (content !== null && (method === 'GET' || method === 'HEAD')) throw sdkError('SDK_BODY_INVALID');
  return {
    method,
    path: `${prefixOf(connection, origin)}${checkedPath(request.path)}`,
    headers: { accept: 'application/json', ...content?.headers, ...ownHeaders(request) },
    body: content?.bytes ?? null,
  };
}

export interface CallTarget {
  readonly origin: string;
  readonly connection: string;
  readonly request: CallRequest;
}

export interface CallRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path at the platform, with its query if any; sent exactly as written. */
  readonly path: string;
  /** Bytes go out as they are (name their `content-type`), any other value as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as `Idempotency-Key`. */
  readonly idempotencyKey?: string | undefined;
}

export interface BuiltRequest {
  readonly method: CallRequest['method'];
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | null;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Set by this package or by the connection itself, or about the connection (RFC 9110 section 7.6.1). */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function prefixOf(connection: string, origin: string): string {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(connection)) return `/out/${connection}`;
  const parsed = URL.parse(connection);
  // The key goes to the gateway and nowhere else, whatever address a configuration holds.
  if (parsed?.protocol !== 'https:' || parsed.origin !== origin) throw sdkError('SDK_CONNECTION_INVALID');
  if (parsed.href !== `${origin}${parsed.pathname}`) throw sdkError('SDK_CONNECTION_INVALID');
  if (!/^\/out\/[A-Za-z0-9_-]{1,128}\/?$/.test(parsed.pathname)) throw sdkError('SDK_CONNECTION_INVALID');
  return parsed.pathname.replace(/\/$/, '');
}

/**
 * The path as written, behind one slash. What intermediaries read in two ways is refused here as the gateway
 * refuses it: dot segments, `//`, a backslash, and `%2e %2f %5c %00`.
 */
function checkedPath(path: string): string {
  const target = path.startsWith('/') ? path : `/${path}`;
  const [route = ''] = target.split('?', 1);
  const isPlain = /^[\x21\x22\x24-\x5b\x5d-\x7e]+$/.test(target) && target.length <= LIMITS.pathCharactersMax;
  if (!isPlain || /\/\/|%2e|%2f|%5c|%00/i.test(route) || /\/\.{1,2}(?:\/|$)/.test(route)) {
    throw sdkError('SDK_PATH_INVALID');
  }
  return target;
}

function ownHeaders({ headers = {}, idempotencyKey }: CallRequest): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    const isValid = /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower) && /^[\x20-\x7e]*$/.test(value);
    if (!isValid || RESERVED_HEADERS.has(lower)) throw sdkError('SDK_HEADER_INVALID');
    own[lower] = value;
  }
  if (idempotencyKey !== undefined) own['idempotency-key'] = checkedIdempotencyKey(idempotencyKey);
  return own;
}

export function checkedIdempotencyKey(text: string): string {
  const isValid = /^[\x21-\x7e]+$/.test(text) && text.length <= LIMITS.idempotencyKeyCharactersMax;
  if (!isValid) throw sdkError('SDK_IDEMPOTENCY_KEY_INVALID');
  return text;
}

function contentOf(body: unknown): { bytes: Uint8Array; headers: Record<string, string> } | null {
  if (body === undefined) return null;
  const content =
    body instanceof Uint8Array
      ? { bytes: body, headers: {} }
      : { bytes: jsonBytes(body), headers: { 'content-type': 'application/json' } };
  if (content.bytes.length > LIMITS.requestBytesMax) throw sdkError('SDK_BODY_INVALID');
  return content;
}

export function jsonBytes(body: unknown): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch {
    // Circular, or a bigint.
  }
  if (text === undefined) throw sdkError('SDK_BODY_INVALID');
  return new TextEncoder().encode(text);
}
