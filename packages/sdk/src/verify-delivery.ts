// clock here: a receiver that names no time means now.
import type { IncomingHttpHeaders } from 'node:http';
import { parseSecret, type Reason, SchemeFault, type SchemeSecret, verify } from '@sallyport/schemes';

/**
 * Whether a delivery is Sallyport's, over the bytes as received: its id (the same over retries: keep the ids, and
 * pass over the ones you have had), the event parsed, and the bytes. Never throws for anything that was sent.
 *
 * @example
 * const delivery = verifyDelivery({ secret, headers: request.rawHeaders, body });
 * if (!delivery.ok) return respond(401);
 */
export function verifyDelivery({ secret, headers, body, nowMs = Date.now() }: DeliveryInput): Delivery {
  const secrets = secretsOf(secret);
  if (secrets === null) return { ok: false, reason: 'secret-unusable' };
  const rawHeaders = rawHeadersOf(headers);
  const verdictBy = (scheme: DeliveryScheme) =>
    verify({ scheme, secrets: secrets[scheme], rawHeaders, body, nowMs });
  // Each kind is tried with its own signatures: which of them count is for whoever configured them, never for a message.
  const [first, ...more] = SCHEMES_OF_DELIVERIES.filter((scheme) => secrets[scheme].length > 0);
  let verdict = verdictBy(first ?? 'standard-webhooks');
  for (const scheme of more) if (!verdict.ok) verdict = verdictBy(scheme);
  if (!verdict.ok) return { ok: false, reason: verdict.reason };
  if (verdict.eventId === null) return { ok: false, reason: 'id-missing' };
  return { ok: true, id: verdict.eventId, event: eventOf(body), bytes: body };
}

export interface DeliveryInput {
  /**
   * The destination's secret, `whsec_…`, or a public key of its, `whpk_…`; several during a rotation, at most 16. One that
   * verifies is enough.
   */
  readonly secret: string | readonly string[];
  /** `request.rawHeaders`, `request.headers` of Node, or the `Headers` of fetch. */
  readonly headers: readonly string[] | IncomingHttpHeaders | Headers;
  /** The bytes as received, before any parser. */
  readonly body: Uint8Array;
  readonly nowMs?: number | undefined;
}

export type Delivery =
  | {
      readonly ok: true;
      readonly id: string;
      /** The event, or `null` where the bytes are no JSON object. */
      readonly event: Readonly<Record<string, unknown>> | null;
      readonly bytes: Uint8Array;
    }
  | { readonly ok: false; readonly reason: Reason };

type DeliveryScheme = (typeof SCHEMES_OF_DELIVERIES)[number];
const SCHEMES_OF_DELIVERIES = Object.freeze(['standard-webhooks', 'standard-webhooks-v1a'] as const);

function secretsOf(secret: string | readonly string[]): Record<DeliveryScheme, SchemeSecret[]> | null {
  const texts = typeof secret === 'string' ? [secret] : secret;
  if (texts.length > 16) return null;
  const secrets: Record<DeliveryScheme, SchemeSecret[]> = {
    'standard-webhooks': [],
    'standard-webhooks-v1a': [],
  };
  try {
    for (const [index, text] of texts.entries()) {
      const scheme = text.startsWith('whpk_') ? 'standard-webhooks-v1a' : 'standard-webhooks';
      secrets[scheme].push({ id: String(index), bytes: parseSecret(scheme, text) });
    }
    return secrets;
  } catch (error) {
    if (error instanceof SchemeFault) return null;
    throw error;
  }
}

function rawHeadersOf(headers: DeliveryInput['headers']): readonly string[] {
  if (isList(headers)) return headers;
  if (headers instanceof Headers) return [...headers].flat();
  return Object.entries(headers).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return values.flatMap((each) => [name, each]);
  });
}

/** `Array.isArray` alone doesn't tell a read-only list from the other kinds. */
function isList(headers: DeliveryInput['headers']): headers is readonly string[] {
  return Array.isArray(headers);
}

/** The body parsed, or `null` where it is no JSON object. */
export function eventOf(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
