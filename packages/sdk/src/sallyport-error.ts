/**
 * What a call that got no answer from the platform throws: a problem that the gateway reported (its `code`, RFC
 * 9457), or one of `SDK_CODES` when the gateway wasn't reached or the call was wrong. Holds no key, header or body.
 *
 * @example
 * try { await sallyport.call(connection, request); } catch (error) {
 *   if (error instanceof SallyportError && error.retryAfterSeconds !== null) wait(error.retryAfterSeconds);
 * }
 */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  readonly code: string;
  /** The HTTP status of the gateway's answer, or `null` when there was none. */
  readonly status: number | null;
  /** To be quoted when asking about it; the gateway's log has the rest under this id. */
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(code: string, fields: SallyportErrorFields) {
    super(fields.message);
    this.code = code;
    this.status = fields.status ?? null;
    this.requestId = fields.requestId ?? null;
    this.retryAfterSeconds = fields.retryAfterSeconds ?? null;
  }
}

export interface SallyportErrorFields {
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string | null;
  readonly retryAfterSeconds?: number | null;
}

/** The codes that this package makes itself, each with its sentence; every other code is the gateway's. */
export const SDK_CODES = Object.freeze({
  SDK_URL_INVALID: 'The url must be https://host[:port], without path, query or credentials.',
  SDK_CREDENTIAL_INVALID: 'A call bears one credential: give either a key or signing, not both.',
  SDK_KEY_INVALID: 'The key must be visible ASCII text of at most 512 characters.',
  SDK_TIMEOUT_INVALID: 'timeoutMs must be a whole number from 1 to 600000.',
  SDK_SIGNING_INVALID:
    'signing needs a keyId (key_…), and either a secret of 16 bytes or more, or for rfc9421 the PEM of an Ed25519 or ML-DSA-65 private key.',
  SDK_CONNECTION_INVALID: 'The connection must be an id, or an https address with the origin of the url.',
  SDK_METHOD_INVALID: 'The method must be GET, HEAD, POST, PUT, PATCH or DELETE.',
  SDK_PATH_INVALID:
    'The path must be visible ASCII, without dot segments, empty segments, backslashes or fragment.',
  SDK_HEADER_INVALID: 'A header has no valid name or value, or is one that the gateway sets itself.',
  SDK_IDEMPOTENCY_KEY_INVALID: 'The idempotency key must be 1 to 255 visible ASCII characters.',
  SDK_BODY_INVALID:
    'The body must be bytes or a value that JSON can hold, of at most 16 MiB, and GET has none.',
  SDK_UNSIGNABLE: 'The path, a header or the body holds what the scheme of the signature does not admit.',
  SDK_CLOSED: 'This client was closed.',
  SDK_CANCELLED: 'The signal that was given with the call has ended it.',
  SDK_TIMED_OUT: 'No whole answer came within the time limit; the call may have had its effect.',
  SDK_TLS_FAILED: "The gateway's certificate or TLS version was not accepted.",
  SDK_UNREACHABLE: 'The connection to the gateway failed; the call may have had its effect.',
  SDK_RESPONSE_TOO_LARGE: 'The answer is larger than 16 MiB.',
  SDK_RESPONSE_MALFORMED: 'The answer says that it is JSON, and is not.',
});

export type SdkCode = keyof typeof SDK_CODES;

export function sdkError(code: SdkCode, status?: number): SallyportError {
  return new SallyportError(code, { message: SDK_CODES[code], ...(status === undefined ? {} : { status }) });
}
