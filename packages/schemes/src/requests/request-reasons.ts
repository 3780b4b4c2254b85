/**
 * Every reason for which a request is refused, with one sentence for a person. As with `REASONS`, the sender need
 * not be told; one who holds the key learns nothing from them that a guess would need.
 *
 * @example
 * REQUEST_REASONS.find(({ reason }) => reason === verdict.reason)?.sentence;
 */
export const REQUEST_REASONS = Object.freeze([
  row('no-key', 'No key that this scheme can use is known, so nothing can be verified.'),
  row('key-unusable', 'A candidate key is too short or not of its kind; it must be replaced.'),
  row('algorithm-mismatch', 'The signature names an algorithm that none of its keys is for.'),
  row('method-malformed', 'The method is not written in capital letters.'),
  row(
    'target-malformed',
    'The request target is not /path?query in the characters that an address may hold.',
  ),
  row('target-ambiguous', 'The path holds dot segments, //, or an encoded dot, slash, backslash or zero.'),
  row('authority-malformed', 'The Host header is not a host with an optional port.'),
  row(
    'body-ambiguous',
    'The scheme joins target and body without a separator, and this body could be read as the end of the target.',
  ),
  row('key-id-missing', 'The header with the key id is missing.'),
  row('key-id-repeated', 'The header with the key id is there more than once.'),
  row('key-id-malformed', 'The key id is not 1 to 128 visible ASCII characters without quotes.'),
  row('signature-missing', 'The request bears no signature of this scheme.'),
  row('signature-repeated', 'A header of the signature is there more than once.'),
  row('signature-malformed', 'The signature is not written as the scheme has it.'),
  row('signature-mismatch', 'The signature fits none of the keys: wrong key, or the request was changed.'),
  row('timestamp-missing', 'The header with the timestamp is missing.'),
  row('timestamp-repeated', 'The header with the timestamp is there more than once.'),
  row('timestamp-malformed', 'The timestamp is not a plain whole number.'),
  row('timestamp-wrong-unit', 'The timestamp is in the wrong unit: seconds and milliseconds were confused.'),
  row('timestamp-too-old', 'The signature is right, but older than five minutes: late or replayed.'),
  row('timestamp-too-new', 'The signature is right, but from the future: a clock is wrong.'),
  row('input-missing', 'There is a Signature header without a Signature-Input header.'),
  row('input-malformed', 'Signature-Input is not one canonical dictionary with one list of components.'),
  row('label-unknown', 'There is not exactly one signature, or its label is not sallyport.'),
  row('parameter-missing', 'Signature-Input lacks one of created, expires, keyid, nonce and tag.'),
  row('parameter-unknown', 'Signature-Input has a parameter that is not understood.'),
  row('parameter-malformed', 'A parameter of Signature-Input is not of its type.'),
  row('nonce-malformed', 'The nonce is not 16 to 128 visible ASCII characters without quotes.'),
  row('tag-mismatch', 'The tag is not sallyport: the signature was made for something else.'),
  row('lifetime-invalid', 'The signature expires before it was made, or more than ten minutes after.'),
  row('expired', 'The signature is right, but has expired.'),
  row('coverage-too-small', 'The signature leaves out something that it has to cover.'),
  row('component-unknown', 'The signature covers something that is not understood here.'),
  row('component-repeated', 'The signature covers the same thing twice.'),
  row('component-missing', 'The signature covers a header that the request does not have exactly once.'),
  row('component-malformed', 'A covered header holds characters beyond visible ASCII and spaces.'),
  row('digest-missing', 'The Content-Digest header is missing or there more than once.'),
  row('digest-malformed', 'Content-Digest is not a canonical dictionary of digests of exact length.'),
  row('digest-unknown', 'Content-Digest has a digest of another algorithm than sha-256 and sha-512.'),
  row('digest-mismatch', 'The body is not the one that Content-Digest stands for.'),
]);

export type RequestReason = (typeof REQUEST_REASONS)[number]['reason'];

function row<Name extends string>(
  reason: Name,
  sentence: string,
): Readonly<{ reason: Name; sentence: string }> {
  return Object.freeze({ reason, sentence });
}
