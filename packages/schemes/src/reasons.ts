/**
 * Every reason for which a message is refused, with one sentence for a person.
 * The sentences are for the receiver's log; the sender is told nothing but "no".
 *
 * @example
 * REASONS.find(({ reason }) => reason === verdict.reason)?.sentence;
 */
export const REASONS = Object.freeze([
  row('no-secret', 'No secret is configured, so nothing can be verified.'),
  row('secret-unusable', 'A configured secret is shorter than 16 bytes; it must be replaced.'),
  row('signature-missing', 'The signature header is missing.'),
  row('signature-repeated', 'The signature header is there more than once.'),
  row('signature-malformed', 'The signature header is not written as the scheme has it.'),
  row('signature-mismatch', 'The signature fits none of the secrets: wrong secret, or the body was changed.'),
  row('version-unknown', 'The header holds no signature of a version that is understood.'),
  row('id-missing', 'The header with the message id, which is signed, is missing.'),
  row('id-repeated', 'The header with the message id is there more than once.'),
  row('id-malformed', 'The message id is not 1 to 256 visible ASCII characters without a dot.'),
  row('timestamp-missing', 'The timestamp header is missing.'),
  row('timestamp-repeated', 'The timestamp header is there more than once.'),
  row(
    'timestamp-malformed',
    'The timestamp is not written as the scheme has it: digits, or ISO 8601 in UTC.',
  ),
  row('timestamp-wrong-unit', 'The timestamp is in the wrong unit: seconds and milliseconds were confused.'),
  row(
    'timestamp-too-old',
    'The signature is right, but the message is older than the tolerance: late or replayed.',
  ),
  row('timestamp-too-new', 'The signature is right, but the message is from the future: a clock is wrong.'),
  row(
    'body-malformed',
    'What is signed of the body can not be told: it is not the JSON or form that the scheme has, ambiguous, or over 256 KiB.',
  ),
  row('digest-mismatch', 'The digest that the signature covers is not that of the body.'),
  row('algorithm-wrong', 'The message names another algorithm than the one that is configured.'),
  row(
    'target-malformed',
    'The address that was called does not hold the signed value once, as the scheme has it.',
  ),
]);

export type Reason = (typeof REASONS)[number]['reason'];

function row<Name extends string>(
  reason: Name,
  sentence: string,
): Readonly<{ reason: Name; sentence: string }> {
  return Object.freeze({ reason, sentence });
}
