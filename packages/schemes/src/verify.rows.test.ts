// Whatever the platform, what its row signs is accepted, and nothing else: changed, stripped, doubled, cut, late. K7 U9 U11 L11 L12.
// Traps ("Verifying"): missing parts, prefix comparison, lenient decoding, repeated headers, tolerance both ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPair, nowMs, sampleOf, signedInput, withHeader } from '../test/samples.ts';
import { isMac } from './algorithms.ts';
import { explain, isSchemeName, SCHEMES, schemeNeeds, sign, verify } from './index.ts';

for (const scheme of Object.values(SCHEMES)) {
  const { name, headers, timestamp, signature } = scheme;
  assert.ok(isSchemeName(name));
  const input = signedInput(name);
  const header = headers.signature ?? '';
  const value = input.rawHeaders[input.rawHeaders.indexOf(header) + 1] ?? '';
  const reasonOf = (changes: Partial<typeof input>): string => {
    const verdict = verify({ ...input, ...changes });
    return verdict.ok ? 'accepted' : verdict.reason;
  };

  test(`${name}: what sign makes, verify accepts, at either end of the tolerance and not beyond`, () => {
    const verdict = verify(input);
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.reason);
    assert.equal(verdict.secretId, 'current');
    assert.deepEqual(verdict.notCovered, scheme.notCovered);
    assert.equal(verdict.timestampMs, timestamp === null ? null : nowMs);
    const tolerance = (timestamp?.toleranceSeconds ?? 0) * 1000;
    for (const sign of [-1, 1]) {
      assert.equal(reasonOf({ nowMs: nowMs + sign * tolerance }), 'accepted');
      const beyond = reasonOf({ nowMs: nowMs + sign * (tolerance + 1) });
      const refusal = sign > 0 ? 'timestamp-too-old' : 'timestamp-too-new';
      assert.equal(beyond, timestamp === null ? 'accepted' : refusal);
    }
  });

  test(`${name}: another secret, no secret and a secret that can't be used are refused`, () => {
    const other = keyPair(scheme, 'other').verifying;
    assert.equal(reasonOf({ secrets: [other] }), 'signature-mismatch');
    assert.equal(reasonOf({ secrets: [other, ...input.secrets] }), 'accepted');
    assert.equal(reasonOf({ secrets: [] }), 'no-secret');
    const short = { id: 'short', bytes: new Uint8Array(15) };
    assert.equal(reasonOf({ secrets: [...input.secrets, short] }), 'secret-unusable');
  });

  test(`${name}: a message without its signature, with two, or with a cut one is refused`, () => {
    if (headers.signature === null) return;
    const without = input.rawHeaders.filter((_, index) => input.rawHeaders[index - (index % 2)] !== header);
    assert.equal(reasonOf({ rawHeaders: without }), 'signature-missing');
    assert.equal(reasonOf({ rawHeaders: withHeader(input.rawHeaders, header, '') }), 'signature-missing');
    const doubled = reasonOf({ rawHeaders: [...input.rawHeaders, header.toUpperCase(), value] });
    assert.equal(doubled, headers.repeats === true ? 'accepted' : 'signature-repeated');
    const forged = reasonOf({ rawHeaders: [...input.rawHeaders, header, `${value}x`] });
    assert.ok(forged !== 'accepted', forged);
    const lengths = Array.from({ length: value.length - 1 }, (_, index) => index + 1);
    for (const length of lengths) {
      const cut = reasonOf({ rawHeaders: withHeader(input.rawHeaders, header, value.slice(0, length)) });
      // A signature of ECDSA in DER has no one length.
      const isOfAnyLength = scheme.algorithm === 'ecdsa-p256-sha256';
      assert.ok(cut !== 'accepted' && (isOfAnyLength || cut !== 'signature-mismatch'), `${length}: ${cut}`);
    }
  });

  test(`${name}: no character added to the signature, or put in its place, passes`, () => {
    if (headers.signature === null) return;
    for (let at = Math.max(0, value.length - 60); at <= value.length; at += 3) {
      for (const character of ['=', ' ', '\n', '\u0000', 'é', '.', ';', 'G']) {
        const added = `${value.slice(0, at)}${character}${value.slice(at)}`;
        const rawHeaders = withHeader(input.rawHeaders, header, added);
        // Where a list may be written with a space behind its comma, that is no other signature.
        const spaced =
          signature.kind === 'pairs' && signature.spaced && value[at - 1] === ',' && character === ' ';
        assert.equal(reasonOf({ rawHeaders }) === 'accepted', spaced, JSON.stringify(added));
      }
    }
  });

  test(`${name}: every signed header, address and value counts`, () => {
    for (const signed of [headers.id, headers.timestamp]) {
      if (signed === null) continue;
      const changed = reasonOf({ rawHeaders: withHeader(input.rawHeaders, signed, 'other') });
      assert.ok(changed !== 'accepted', signed);
      const at = input.rawHeaders.indexOf(signed);
      const stripped = reasonOf({ rawHeaders: input.rawHeaders.toSpliced(at, 2) });
      assert.ok(stripped !== 'accepted', signed);
      const twice = reasonOf({ rawHeaders: [...input.rawHeaders, signed, 'other'] });
      assert.match(twice, /-repeated$/);
    }
    const needs = schemeNeeds(scheme);
    if (needs.url) assert.equal(reasonOf({ url: 'https://app.example.test/hooks/2' }), 'signature-mismatch');
    if (needs.target) assert.equal(reasonOf({ target: '/in/1?data.id=PAY2' }), 'signature-mismatch');
    for (const { name: parameter, neededTo, values } of scheme.parameters) {
      if (neededTo !== 'both' || values !== null) continue;
      const parameters = { ...input.parameters, [parameter]: 'other' };
      assert.equal(reasonOf({ parameters }), 'signature-mismatch');
    }
  });

  test(`${name}: another body is refused, unless the row says that the body is not signed`, () => {
    const body = Buffer.from(
      Buffer.from(input.body)
        .toString('utf8')
        .replace(/[0-9](?=[^0-9]*$)/, '!'),
    );
    const isSigned = !scheme.notCovered.some((phrase) => phrase.startsWith('the body:'));
    assert.equal(reasonOf({ body }) !== 'accepted', isSigned);
  });

  test(`${name}: what is asked why tells no secret and no whole MAC`, () => {
    const explanation = explain(input, verify(input));
    assert.equal(explanation.outcome, 'accepted');
    assert.ok(explanation.received.length > 0 && explanation.signedShape.length > 0);
    assert.deepEqual(explanation.expected.length > 0, isMac(scheme.algorithm));
    const written = JSON.stringify(explanation);
    for (const { bytes } of input.secrets)
      for (const encoding of ['utf8', 'hex', 'base64'] as const)
        assert.ok(!written.includes(Buffer.from(bytes).toString(encoding)));
    if (isMac(scheme.algorithm)) assert.ok(value === '' || !written.includes(value));
  });

  test(`${name}: what sign needs and isn't given is a fault`, () => {
    const { signing } = keyPair(scheme);
    const whole = { scheme: name, secrets: [signing], nowMs, ...sampleOf(scheme) };
    assert.throws(() => sign({ ...whole, secrets: [] }), { code: 'SECRET_MISSING' });
    assert.throws(() => sign({ ...whole, secrets: [new Uint8Array(15)] }), {
      code: isMac(scheme.algorithm) ? 'SECRET_TOO_SHORT' : 'KEY_MALFORMED',
    });
    assert.throws(() => sign({ ...whole, nowMs: Number.NaN }), { code: 'TIME_INVALID' });
    const { parameters } = scheme;
    if (parameters.some(({ neededTo }) => neededTo !== 'neither'))
      assert.throws(() => sign({ ...whole, parameters: {} }), { code: 'PARAMETER_MISSING' });
    if (schemeNeeds(scheme).url)
      assert.throws(() => sign({ ...whole, url: undefined }), { code: 'URL_MISSING' });
  });
}
