import { STATUS_CODES } from 'node:http';

/**
 * The platform's errors. `vendor`: code and meaning stand on Koywe's pages or were seen by an integrator. `ours`: Koywe
 * numbers 685 codes and publishes few, so a word of ours stands where the number is not known; key on the status there.
 */
export const platformErrors = Object.freeze({
  // https://docs.koywe.com/payments/advanced/error-handling
  INVALID_CREDENTIALS: { status: 401, source: 'vendor', message: 'Invalid API key or secret' },
  TOKEN_EXPIRED: { status: 401, source: 'vendor', message: 'Token has expired' },
  // https://docs.koywe.com/en/getting-started/testing
  MC00015: { status: 400, source: 'vendor', message: 'Merchant does not belong to organization' },
  POL00002: { status: 422, source: 'vendor', message: 'No active policy with a matching rule' },
  DC00010: { status: 400, source: 'vendor', message: 'Invalid document number' },
  // Seen by an integrator.
  CT00036: { status: 400, source: 'vendor', message: 'Contact is required for PAYIN orders' },
  TOKEN_INVALID: { status: 401, source: 'ours', message: 'Missing or invalid token' },
  API_USER_REQUIRED: { status: 403, source: 'ours', message: 'Only API users can rotate' },
  FORBIDDEN: { status: 403, source: 'ours', message: 'Not allowed' },
  CONTACT_DUPLICATE: {
    status: 409,
    source: 'ours',
    message: 'Contact with same email or phone already exists',
  },
  ORDER_DUPLICATE: { status: 409, source: 'ours', message: 'Order with same externalId already exists' },
  QUOTE_UNUSABLE: { status: 422, source: 'ours', message: 'Quote is unknown, used or expired' },
  VALIDATION_FAILED: { status: 400, source: 'ours', message: 'Invalid request' },
  NOT_FOUND: { status: 404, source: 'ours', message: 'Not found' },
  TOO_MANY_REQUESTS: { status: 429, source: 'ours', message: 'Too many requests' },
  INTERNAL_ERROR: { status: 500, source: 'ours', message: 'Internal server error' },
  LIMIT_REACHED: { status: 422, source: 'ours', message: 'Limit of the sandbox reached' },
} as const satisfies Record<string, { status: number; source: 'vendor' | 'ours'; message: string }>);

export type PlatformErrorCode = keyof typeof platformErrors;

/** A refusal of the imitated platform; `message` is what the caller reads. */
export class PlatformError extends Error {
  readonly code: PlatformErrorCode;

  constructor(code: PlatformErrorCode, message?: string) {
    super(message ?? platformErrors[code].message);
    this.name = 'PlatformError';
    this.code = code;
  }
}

/** The current envelope: https://docs.koywe.com/en/advanced/error-handling */
export interface ErrorEnvelope {
  readonly statusCode: number;
  readonly timestamp: string;
  readonly path: string;
  readonly errorCode: string;
  readonly message: string;
  /** The credentials page's older shape, kept beside the new one on a failed sign-in. */
  readonly error?: string;
}

export function errorEnvelope(error: PlatformError, path: string): ErrorEnvelope {
  return {
    statusCode: platformErrors[error.code].status,
    timestamp: new Date().toISOString(),
    path,
    errorCode: error.code,
    message: error.message,
    ...(error.code === 'INVALID_CREDENTIALS' ? { error: 'Invalid credentials' } : {}),
  };
}

/** The envelope for what Fastify itself refuses: malformed JSON, a body too large, a type it doesn't take. */
export function transportEnvelope(statusCode: number, path: string): ErrorEnvelope {
  const message = STATUS_CODES[statusCode] ?? 'Error';
  const errorCode = message.toUpperCase().replaceAll(' ', '_');
  return { statusCode, timestamp: new Date().toISOString(), path, errorCode, message };
}
