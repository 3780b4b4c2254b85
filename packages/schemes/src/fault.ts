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

  constructor(code: SchemeFaultCode) {
    super(FAULTS[code]);
    this.code = code;
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
  | 'TOLERANCE_INVALID';

/** One sentence per code. */
export const FAULTS: Readonly<Record<SchemeFaultCode, string>> = frozen<Record<SchemeFaultCode, string>>({
  SCHEME_UNKNOWN: 'There is no signature scheme of this name.',
  SECRET_TOO_SHORT: 'The secret is shorter than 16 bytes: anyone could guess it.',
  SECRET_MALFORMED:
    'The secret is not written as its scheme has it: no white space around it, not over 1024 bytes, and for ' +
    'Standard Webhooks canonical base64 after whsec_.',
  SECRETS_TOO_MANY: 'More than 16 secrets were given for one verification.',
  ID_MISSING: 'This scheme signs an id, and none was given.',
  ID_MALFORMED: 'The id must be 1 to 256 visible ASCII characters without a dot.',
  TIME_INVALID: 'The time must be a whole number of milliseconds since 1970.',
  TOLERANCE_INVALID: 'The tolerance must be a whole number of seconds from 0 to 86400.',
});

export function schemeFault(code: SchemeFaultCode): SchemeFault {
  return new SchemeFault(code);
}
