import { frozenTable } from './frozen-table.ts';

/** One row per error code: the HTTP status, what happened, and what to do. `docs/errors.md` shows this table. */
export interface FaultRow {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

const rows = {
  // Requests
  INVALID_REQUEST: row(400, 'The request is not valid.', 'Correct the fields named and send it again.'),
  AMBIGUOUS_PATH: row(
    400,
    'The path can be read in more than one way.',
    'Send it without "..", "//", backslashes, or encoded dots, slashes, backslashes and zero bytes.',
  ),
  MALFORMED_BODY: row(400, 'The body is not valid JSON.', 'Send one JSON object in UTF-8.'),
  CREDENTIAL_IN_URL: row(
    400,
    'A credential was sent in the address.',
    'Send it in the Authorization header only, and replace it: addresses are logged by every hop.',
  ),
  NOT_FOUND: row(404, 'There is nothing here.', 'Check the address and the method.'),
  METHOD_NOT_ALLOWED: row(405, 'The method is not allowed here.', 'Use a method of the Allow header.'),
  LENGTH_MISMATCH: row(400, 'The body was shorter than announced.', 'Send the whole body again.'),
  BODY_TOO_LARGE: row(413, 'The body is too large.', 'Send less; the limit is in docs/config.md.'),
  UNSUPPORTED_MEDIA_TYPE: row(415, 'The content type is not accepted.', 'Send application/json.'),
  CONFLICT: row(409, 'The state does not allow this.', 'Read the object again and decide anew.'),
  RATE_LIMITED: row(
    429,
    'Too many requests.',
    'Send it again after Retry-After; the RateLimit header says what is left.',
  ),
  BUSY: row(503, 'The gateway is at its limit.', 'Send the same request again after Retry-After.'),
  HEADERS_TOO_LARGE: row(
    431,
    'The headers are too large or too many.',
    'Send fewer; the limits are in docs/config.md.',
  ),
  TIMED_OUT: row(408, 'The request took too long to arrive.', 'Send it again, faster or smaller.'),
  INTERNAL: row(500, 'An error occurred.', 'Try again; if it stays, give the request id to your operator.'),
  STORE_UNAVAILABLE: row(
    503,
    'The store can not be reached.',
    'Send the same request again after Retry-After.',
  ),

  PLAIN_HTTP: row(403, 'Only HTTPS is served.', 'Use the https:// address, and send nothing in the clear.'),

  // Access
  UNAUTHENTICATED: row(
    401,
    'No valid credential was presented.',
    'Send Authorization: Bearer with a valid key.',
  ),
  KEY_MALFORMED: row(401, 'The key is not one of ours.', 'Check that it was copied whole.'),
  KEY_REVOKED: row(401, 'The key is revoked.', 'Use its successor.'),
  KEY_EXPIRED: row(401, 'The key has expired.', 'Use its successor, or have its end moved.'),
  KEY_RETIRED: row(401, 'This secret of the key has ended.', 'Use the one that took its place.'),
  TOKEN_EXPIRED: row(401, 'The bearer token has expired.', 'Sign in again.'),
  INVALID_CREDENTIALS: row(401, 'The key id or the secret is wrong.', 'Check both.'),
  ADDRESS_REFUSED: row(403, 'This address may not do this.', 'Ask whoever runs this gateway.'),
  WRONG_KEY_KIND: row(403, 'This kind of key does not belong here.', 'Use a key of the kind named.'),
  ORIGIN_REFUSED: row(
    403,
    'A key does not belong into a browser.',
    'Keep it on a server, and replace it now: whoever saw the page has it.',
  ),
  SIGNATURE_REQUIRED: row(
    401,
    'This key takes signed requests only.',
    'Sign each request, as docs/signing.md says.',
  ),
  SIGNATURE_INVALID: row(401, 'The signature of the request does not hold.', 'Look at docs/signing.md.'),
  SIGNATURE_STALE: row(
    401,
    'The signature is not of this time.',
    'Set the clock, and sign each request afresh.',
  ),
  SIGNATURE_REPLAYED: row(401, 'This signature was seen before.', 'Sign each request afresh.'),
  SESSION_REFUSED: row(403, "A person's session can not do this.", 'Use an API key.'),
  SCOPE_MISSING: row(
    403,
    'The key may not do this.',
    'Have the scope named given to it, or use another key.',
  ),
  SCOPE_NOT_HELD: row(
    403,
    'Nobody can give what they do not have.',
    'Use a key that has these scopes itself.',
  ),
  KEY_BOUND_ELSEWHERE: row(403, 'The key is bound to something else.', 'Use a key for this object.'),
  LOCKS_OUT_CALLER: row(
    409,
    'This would lock out somebody who comes in today.',
    'Leave them their way in (`try-addresses` names them), or force it.',
  ),
  SECRET_IN_USE: row(
    409,
    'The secret is still in use.',
    'Move its callers to the new one, or force it: they are refused from then on.',
  ),

  ENVIRONMENT_FROZEN: row(
    403,
    'The environment is frozen.',
    'Let whoever runs the gateway look at `sallyport environments list`, and unfreeze or keep it.',
  ),

  // Objects
  ENVIRONMENT_NOT_FOUND: row(404, 'No such environment.', 'List them with `sallyport environments list`.'),
  KEY_NOT_FOUND: row(404, 'No such key.', 'List them with `sallyport keys list`.'),
  SIGNER_NOT_FOUND: row(
    404,
    'The key has no such signer in force.',
    'List them with `sallyport signers list`.',
  ),
  SECRET_NOT_FOUND: row(
    404,
    'There is no such secret in force.',
    'List those of a key with `sallyport keys show`, of an endpoint with `sallyport endpoints secrets list`.',
  ),
  CONNECTION_NOT_FOUND: row(404, 'No such connection.', 'List them with `sallyport connections list`.'),
  ENDPOINT_NOT_FOUND: row(404, 'No such endpoint.', 'List them with `sallyport endpoints list`.'),
  DESTINATION_NOT_FOUND: row(404, 'No such destination.', 'List them with `sallyport destinations list`.'),
  EVENT_NOT_FOUND: row(404, 'No such event.', 'List them with `sallyport events list`.'),
  EVENT_HELD: row(
    409,
    'The event is held, or was discarded.',
    'Release it with `sallyport events release`, which delivers it. What was discarded is delivered to nobody.',
  ),
  EVENT_NOT_HELD: row(
    409,
    'The event is not held.',
    'Only events in the states quarantined and unconfirmed are released or discarded.',
  ),
  DELIVERY_NOT_FOUND: row(404, 'No such delivery.', 'List them with `sallyport deliveries list`.'),
  REPLAY_NOT_FOUND: row(404, 'No such replay.', 'List them with `sallyport events replays list`.'),
  PLATFORM_UNKNOWN: row(400, 'No such platform.', 'Use one of the platforms named in docs/platforms.md.'),
  HOST_NOT_ALLOWED: row(
    400,
    'The host does not belong to this environment.',
    "Use the platform's sandbox for development and staging, its live host for production, or declare the host.",
  ),

  CREDENTIAL_IN_USE_ELSEWHERE: row(
    409,
    'An environment of another kind has this credential.',
    'Get a credential of its own for each kind of environment, and replace one that has been in the wrong one.',
  ),

  // Webhooks
  WEBHOOK_REFUSED: row(401, 'The webhook was refused.', 'Sign it with the secret of this endpoint.'),
  ENDPOINT_PAUSED: row(503, 'The endpoint is paused.', 'Send it again later.'),

  ENVIRONMENT_PAUSED: row(503, 'The environment takes no webhooks now.', 'Send it again later.'),

  // Own events
  IDEMPOTENCY_KEY_REUSED: row(
    422,
    'The Idempotency-Key was used for another request.',
    'Send what differs under a key of its own; only a repetition bears the same one.',
  ),

  // Calling out
  PATH_NOT_FORWARDED: row(
    403,
    'This path is not forwarded.',
    "Sallyport signs in and rotates by itself; a platform's credentials never pass through.",
  ),
  REQUEST_SCHEMA: row(
    422,
    'The body is not one that the platform takes.',
    'Correct the fields named; nothing was sent. What is checked is in docs/platforms.md.',
  ),
  PLATFORM_CREDENTIAL_REFUSED: row(
    502,
    'The platform refused our credential.',
    'Check the connection with `sallyport connections check`.',
  ),
  OUTBOUND_ADDRESS_REFUSED: row(
    502,
    'The address is not one that may be called.',
    'Private, loopback and reserved addresses must be declared in outbound.declaredHosts.',
  ),
  OUTBOUND_NAME_UNRESOLVED: row(
    502,
    'The host name could not be resolved.',
    'Check the name and the resolver.',
  ),
  OUTBOUND_CONNECT_FAILED: row(
    502,
    'No connection could be made.',
    'Nothing was sent; it can be tried again.',
  ),
  OUTBOUND_TLS_FAILED: row(
    502,
    'The TLS handshake failed.',
    'Nothing was sent; check the certificate of the host and outbound.caFile.',
  ),
  OUTBOUND_TIMEOUT: row(
    504,
    'The other side took too long.',
    'It may have been carried out: look before repeating it, or repeat it with the same idempotency key.',
  ),
  OUTBOUND_BROKEN: row(
    502,
    'The connection broke before the answer was complete.',
    'It may have been carried out: look before repeating it, or repeat it with the same idempotency key.',
  ),
  OUTBOUND_CANCELLED: row(
    503,
    'The call was cancelled.',
    'It may have been carried out: look before repeating it, or repeat it with the same idempotency key.',
  ),
  OUTBOUND_RESPONSE_TOO_LARGE: row(
    502,
    'The answer was larger than allowed.',
    'Ask for less, or raise the limit.',
  ),
  OUTBOUND_RESPONSE_INVALID: row(
    502,
    'The answer could not be understood.',
    'Look at the platform and the log.',
  ),

  // Keyring, store, configuration, log
  OPEN_FAILED: row(500, 'The sealed value could not be opened.', 'Give the request id to your operator.'),
  ROOT_KEY_INVALID: row(
    500,
    'The root key can not be used.',
    'Restore the root key file (mode 0600) from its backup.',
  ),
  AUDIT_UNAVAILABLE: row(
    503,
    'The log can not be written, so the act was refused.',
    'Try again after Retry-After.',
  ),
  CERTIFICATE_UNSUITABLE: row(
    500,
    'The certificate can not be used.',
    'Put a certificate that is valid now, and its key, where tls.certFile and tls.keyFile say.',
  ),
  CONFIG_INVALID: row(500, 'The configuration is not valid.', 'Correct the settings named.'),
  MIGRATION_FAILED: row(
    500,
    'The database could not be brought up to date.',
    'Look at the log; nothing was changed.',
  ),
  DATABASE_UNSUITABLE: row(
    500,
    'This database can not be used.',
    'Use Postgres 15 or later with the rights named.',
  ),
  EMBEDDED_FAILED: row(500, 'The embedded Postgres did not start.', 'Follow what the message says.'),
  ALREADY_RUNNING: row(
    409,
    'Another Sallyport uses this state folder.',
    'Stop it first, or use another folder.',
  ),
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof rows;

/** The error catalogue. */
export const FAULTS: Readonly<Record<FaultCode, FaultRow>> = frozenTable(rows);

function row(status: number, title: string, remedy: string): FaultRow {
  return Object.freeze({ status, title, remedy });
}
