/** What a caller did wrong, as a stable code. */
export type EvidenceErrorCode =
  | 'argument-refused'
  | 'json-refused'
  | 'entry-refused'
  | 'key-refused'
  | 'frontier-refused';

/**
 * The one error this package throws: a value that must not be written or cannot be read.
 * Verifiers return verdicts instead and do not throw on any input.
 * @example try { parseEntry(bytes); } catch (error) { if (error instanceof EvidenceError) log(error.code); }
 */
export class EvidenceError extends Error {
  readonly code: EvidenceErrorCode;

  constructor(code: EvidenceErrorCode, message: string) {
    super(message);
    this.name = 'EvidenceError';
    this.code = code;
  }
}
