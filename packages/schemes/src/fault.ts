import { frozen } from './frozen.ts';

/**
 * What is thrown when the caller or the configuration is wrong; never for anything that a sender can cause.
 * The message holds no secret and no input.
 *
 * @example
 * try { parseSecret('koywe', text); } catch (error) { if (error instanceof SchemeFault) report(error.code); }
 */
export class SchemeFault extends Error {
  override readonly name = 'SchemeFault';
  readonly code: SchemeFaultCode;

  /** Which parameter, or which field of a configuration and the rule it breaks; never its value. */
  readonly detail: string | null;

  constructor(code: SchemeFaultCode, detail: string | null = null) {
    super(detail === null ? FAULTS[code] : `${FAULTS[code]} ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

export type SchemeFaultCode =
  | 'SCHEME_UNKNOWN'
  | 'SECRET_TOO_SHORT'
  | 'SECRET_MALFORMED'
  | 'SECRETS_TOO_MANY'
  | 'ID_MISSING'
  | 'ID_MALFORMED'
  | 'TIME_INVALID'
  | 'TOLERANCE_INVALID'
  | 'KEY_MALFORMED'
  | 'KEY_ID_MALFORMED'
  | 'NONCE_MALFORMED'
  | 'REQUEST_MALFORMED'
  | 'BODY_AMBIGUOUS'
  | 'LIFETIME_INVALID'
  | 'SECRET_MISSING'
  | 'BODY_MALFORMED'
  | 'URL_MISSING'
  | 'URL_INVALID'
  | 'TARGET_MISSING'
  | 'PARAMETER_MISSING'
  | 'PARAMETER_INVALID'
  | 'CONFIGURATION_INVALID';

/** One sentence per code. */
export const FAULTS: Readonly<Record<SchemeFaultCode, string>> = frozen<Record<SchemeFaultCode, string>>({
  SCHEME_UNKNOWN: 'There is no signature scheme of this name.',
  SECRET_TOO_SHORT: 'The secret is shorter than 16 bytes: anyone could guess it.',
  SECRET_MALFORMED:
    'The secret is not written as its scheme has it: no white space around it, not over 1024 bytes, and, where ' +
    'the scheme has it so, hex, or canonical base64 after whsec_.',
  SECRETS_TOO_MANY: 'More than 16 secrets were given for one verification.',
  ID_MISSING: 'This scheme signs an id, and none was given.',
  ID_MALFORMED: 'The id must be 1 to 256 visible ASCII characters without a dot.',
  TIME_INVALID: 'The time must be a whole number of milliseconds since 1970.',
  TOLERANCE_INVALID: 'The tolerance must be a whole number of seconds from 0 to 86400.',
  KEY_MALFORMED:
    'The key is not one of this algorithm and scheme, in PEM: BEGIN PUBLIC KEY to verify, BEGIN PRIVATE KEY to sign.',
  KEY_ID_MALFORMED:
    'The key id must be 1 to 128 visible ASCII characters without quote, backslash, or colon for voluti.',
  NONCE_MALFORMED: 'The nonce must be 16 to 128 visible ASCII characters without quote and backslash.',
  REQUEST_MALFORMED:
    'The request can not be signed so that it could be verified: method, target, host or a covered header is malformed, ' +
    'or it is signed already.',
  BODY_AMBIGUOUS:
    'This scheme joins target and body without a separator, and this body could be read as the end of the target.',
  LIFETIME_INVALID: 'The lifetime must be a whole number of seconds from 1 to 600.',
  SECRET_MISSING: 'No secret was given to sign with.',
  BODY_MALFORMED: 'This scheme signs a part of the body, and this body has not got it, or is signed already.',
  URL_MISSING: 'This scheme signs the notification address, and none was given.',
  URL_INVALID: 'The notification address must be 1 to 2048 visible ASCII characters.',
  TARGET_MISSING: 'This scheme signs a value of the query, and the target of the request was not given.',
  PARAMETER_MISSING: 'A parameter that the scheme needs was not given.',
  PARAMETER_INVALID: 'A parameter is not one of the values that the scheme has, or not visible ASCII.',
  CONFIGURATION_INVALID: 'The configuration of the generic scheme is not valid.',
});

export function schemeFault(code: SchemeFaultCode, detail?: string): SchemeFault {
  return new SchemeFault(code, detail);
}
