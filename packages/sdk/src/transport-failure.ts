import { errors } from 'undici';
import { type SallyportError, sdkError } from './sallyport-error.ts';

/** Which of this package's codes a failure below HTTP is; its own text is dropped, it may quote what was sent. */
export function failureOf(error: unknown, signal: AbortSignal): SallyportError {
  if (signal.aborted || TIMEOUTS.some((kind) => error instanceof kind)) return sdkError('SDK_TIMED_OUT');
  if (error instanceof errors.ResponseExceededMaxSizeError) return sdkError('SDK_RESPONSE_TOO_LARGE');
  if (error instanceof errors.ClientClosedError || error instanceof errors.ClientDestroyedError) {
    return sdkError('SDK_CLOSED');
  }
  return sdkError(isTls(codeOf(error)) ? 'SDK_TLS_FAILED' : 'SDK_UNREACHABLE');
}

const TIMEOUTS = [errors.ConnectTimeoutError, errors.HeadersTimeoutError, errors.BodyTimeoutError] as const;

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** Node's certificate errors are named by OpenSSL's verification results (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
function isTls(code: string): boolean {
  return /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_|EPROTO)/.test(
    code,
  );
}
