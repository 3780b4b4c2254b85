// Whatever is in headers, target and body, no parser of any scheme throws, and none takes what it should not. K7 U11.
// Traps ("Verifying"): crafted requests. The seeds are kept: one that ever finds something stays beside the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyPair, nowMs, sampleOf, signedInput } from '../test/samples.ts';
import {
  answerChallenge,
  eventTypeOf,
  explain,
  isSchemeName,
  keyNeeded,
  parseFetchedKey,
  REASONS,
  SCHEMES,
  type Scheme,
  verify,
} from './index.ts';
import { parseJsonTree } from './json-tree.ts';
import { formFields } from './read-form.ts';

const parameters = { seed: 20_261_125, numRuns: 60 };
const reasons = new Set<string>(REASONS.map(({ reason }) => reason));

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        't=',
        'v1=',
        'ts=',
        ',',
        ';',
        '=',
        '.',
        '|',
        '&',
        '%',
        '1750000000',
        'v1,',
        ' ',
        'AAAA',
        '0',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.base64String({ maxLength: 400 }),
);
const json = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .array(
      fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '"data"', '"signature":"', '1', 'null', ' '),
      { maxLength: 24 },
    )
    .map((parts) => parts.join('')),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  json.map((value) => Uint8Array.from(Buffer.from(value))),
);

function headersOf({ headers }: Scheme): fc.Arbitrary<string[]> {
  const names = [headers.signature, headers.id, headers.timestamp, headers.key ?? null, 'x'];
  const name = fc.constantFrom(...names.filter((each) => each !== null));
  return fc.array(fc.tuple(name, text), { maxLength: 6 }).map((pairs) => pairs.flat());
}

for (const scheme of Object.values(SCHEMES)) {
  test(`${scheme.name}: any headers, target and body are refused with a reason of the table`, () => {
    const { verifying } = keyPair(scheme);
    const { url, parameters: given } = sampleOf(scheme);
    fc.assert(
      fc.property(headersOf(scheme), text, bytes, (rawHeaders, target, body) => {
        const input = {
          scheme,
          secrets: [verifying],
          rawHeaders,
          body,
          nowMs,
          url,
          target,
          parameters: given,
        };
        const verdict = verify(input);
        assert.ok(!verdict.ok && reasons.has(verdict.reason));
        assert.ok(explain(input, verdict).lines.length > 0);
        eventTypeOf(scheme, { rawHeaders, body });
        keyNeeded({ scheme, rawHeaders, parameters: given });
        answerChallenge({
          scheme,
          method: 'GET',
          target,
          rawHeaders,
          secrets: [verifying],
          parameters: given,
        });
        if (scheme.keySource !== null) assert.ok(!parseFetchedKey(scheme, body, { nowMs }).ok);
      }),
      parameters,
    );
  });
}

test('one changed byte of a signed body refuses it in every scheme that signs the body as it stands', () => {
  const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
  for (const { name, content, algorithm } of Object.values(SCHEMES)) {
    if (!isSchemeName(name) || !content.includes('body') || algorithm === 'rsa-sha256') continue;
    const input = signedInput(name);
    fc.assert(
      fc.property(change, ({ at, by }) => {
        const body = Uint8Array.from(input.body);
        const index = at % body.length;
        body[index] = (body[index] ?? 0) ^ by;
        const verdict = verify({ ...input, body });
        assert.equal(verdict.ok ? null : verdict.reason, 'signature-mismatch');
      }),
      { ...parameters, numRuns: 20 },
    );
  }
});

test('a JSON document is read as JSON.parse reads it, and written again from its own text', () => {
  const limits = { depthMax: 32, nodesMax: 10_000 };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const written = JSON.stringify(value, null, space);
      const tree = parseJsonTree(written, limits);
      assert.ok(tree !== null);
      assert.deepEqual(JSON.parse(written.slice(tree.start, tree.end)), JSON.parse(written));
    }),
    { ...parameters, numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.oneof(json, fc.string({ unit: 'binary' })), (written) => {
      const tree = parseJsonTree(written, limits);
      if (tree !== null) assert.doesNotThrow(() => void JSON.parse(written));
    }),
    { ...parameters, numRuns: 2000 },
  );
});

test('a form is read as URLSearchParams reads it, or not at all', () => {
  const piece = fc.constantFrom('a', 'b', '=', '&', '%41', '%', '+', '%2', '|', 'é', '%C3%A9', '%ff', '/');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
      (written) => {
        const fields = formFields(Buffer.from(written));
        if (fields === null) return;
        assert.deepEqual([...fields], [...new URLSearchParams(written)]);
      },
    ),
    { ...parameters, numRuns: 2000 },
  );
});
