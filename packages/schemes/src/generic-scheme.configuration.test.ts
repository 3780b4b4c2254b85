// A scheme that nobody has listed is configuration: every part of it works, and none that would be unsafe is taken. K7 U9 U11.
// Traps ("Verifying"): coverage without the body, an unsigned time, ids that end nowhere, members that nobody knows.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { nowMs } from '../test/samples.ts';
import {
  eventTypeOf,
  type GenericSchemeConfig,
  genericScheme,
  parseSecret,
  SchemeFault,
  sign,
  verify,
} from './index.ts';

const secretText = 'a-secret-of-16-bytes-or-more';
const body = Buffer.from('{"id":"evt_1","meta":[{"type":"order.paid"}]}');

test('what it leaves out is the plainest: HMAC-SHA256 of the body in lower-case hex', () => {
  const scheme = genericScheme({ headers: { signature: 'X-Signature' } });
  const bytes = parseSecret(scheme, secretText);
  const mac = createHmac('sha256', secretText).update(body).digest('hex');
  const input = { scheme, secrets: [{ id: 'current', bytes }], body, nowMs };
  const verdict = verify({ ...input, rawHeaders: ['x-signature', mac] });
  assert.ok(verdict.ok);
  assert.equal(verdict.scheme, 'generic');
  assert.deepEqual(verdict.notCovered, [
    'the time of sending',
    'the address it was sent to',
    'every header that is not signed',
  ]);
  assert.ok(!verify({ ...input, rawHeaders: ['x-signature', mac.toUpperCase()] }).ok);
  assert.equal(scheme, genericSchemeFrozen(scheme));
});

function genericSchemeFrozen<Value extends object>(value: Value): Value {
  assert.ok(
    Object.isFrozen(value) &&
      Object.values(value).every((each) => Object(each) !== each || Object.isFrozen(each)),
  );
  return value;
}

const CONFIGURATIONS: readonly GenericSchemeConfig[] = [
  {
    headers: { signature: 'X-Signature' },
    form: { kind: 'pairs', separator: ';', timestampKey: 'ts', signatureKey: 'h1', repeats: true },
    content: ['timestamp', { literal: ':' }, 'body'],
    algorithm: 'hmac-sha512',
    timestamp: { unit: 'seconds', toleranceSeconds: 60 },
  },
  {
    headers: { signature: 'X-Signature', id: 'X-Id', timestamp: 'X-Time' },
    form: { kind: 'list', version: 'v1' },
    content: ['id', { literal: '.' }, 'timestamp', { literal: '.' }, 'body'],
    encoding: 'base64',
    secret: 'whsec-base64',
    timestamp: { unit: 'milliseconds' },
    eventId: { from: 'signed-header' },
  },
  {
    headers: { signature: 'X-Signature', timestamp: 'X-Time' },
    form: { kind: 'whole', prefix: 'sha384=' },
    content: ['url', { literal: '\n' }, 'timestamp', { literal: '\n' }, 'body'],
    algorithm: 'hmac-sha384',
    encoding: 'base64url',
    secret: 'base64',
    timestamp: { unit: 'iso8601' },
    eventId: { from: 'body', path: ['id'] },
  },
  {
    headers: { signature: 'X-Signature' },
    form: { kind: 'stamped', repeats: true },
    content: ['timestamp', 'body'],
    encoding: 'hex-upper',
    secret: 'hex',
    timestamp: { unit: 'milliseconds' },
  },
];

for (const [index, config] of CONFIGURATIONS.entries()) {
  test(`configuration ${index + 1} survives JSON, and what it signs it accepts; late, changed or elsewhere it does not`, () => {
    const copy: GenericSchemeConfig = JSON.parse(JSON.stringify(config));
    const scheme = genericScheme(copy);
    const texts = { utf8: secretText, hex: 'ab'.repeat(16), base64: 'QUJD'.repeat(8) };
    const text = config.secret === 'whsec-base64' ? `whsec_${texts.base64}` : texts[config.secret ?? 'utf8'];
    const bytes = parseSecret(scheme, text);
    const url = 'https://app.example.test/1';
    const { headers } = sign({ scheme, secrets: [bytes], body, id: 'msg_1', nowMs, url });
    const input = {
      scheme,
      secrets: [{ id: 'current', bytes }],
      rawHeaders: headers.flat(),
      body,
      nowMs,
      url,
    };
    const verdict = verify(input);
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.reason);
    assert.equal(verdict.timestampMs, nowMs);
    const tolerance = (config.timestamp?.toleranceSeconds ?? 300) * 1000;
    const late = verify({ ...input, nowMs: nowMs + tolerance + 1 });
    assert.ok(!late.ok && late.reason === 'timestamp-too-old');
    const other = verify({ ...input, body: Buffer.from('{}') });
    assert.ok(!other.ok && other.reason === 'signature-mismatch');
    assert.equal(verify({ ...input, url: `${url}0` }).ok, !(config.content ?? []).includes('url'));
  });
}

test('the type of an event comes from a path, through lists as well, or from a header', () => {
  const at = (eventType: GenericSchemeConfig['eventType']) =>
    eventTypeOf(genericScheme({ headers: { signature: 'X-Signature' }, eventType }), {
      rawHeaders: ['X-Type', 'order.header'],
      body,
    });
  assert.equal(at({ from: 'body', paths: [['missing'], ['meta', 0, 'type']] }), 'order.paid');
  assert.equal(at({ from: 'header', name: 'X-Type' }), 'order.header');
  assert.equal(at({ from: 'none' }), null);
  assert.equal(at(undefined), null);
});

const REFUSED: readonly (readonly [field: string, config: unknown])[] = [
  ['It', null],
  ['It', []],
  ['It', 'stripe'],
  ['headers', {}],
  ['headers.signature', { headers: {} }],
  ['headers.signature', { headers: { signature: 'X Signature' } }],
  ['headers.signature', { headers: { signature: 'X-Signature\r\nX: y' } }],
  ['headers.signature', { headers: { signature: 'Content-Type' } }],
  ['headers.signature', { headers: { signature: 7 } }],
  ['headers', { headers: { signature: 'X', Signature: 'Y' } }],
  ['It', { ...base(), secrets: [] }],
  ['algorithm', { ...base(), algorithm: 'hmac-md5' }],
  ['algorithm', { ...base(), algorithm: 'hmac-sha1' }],
  ['algorithm', { ...base(), algorithm: 'none' }],
  ['algorithm', { ...base(), algorithm: ['hmac-sha256'] }],
  ['encoding', { ...base(), encoding: 'utf8' }],
  ['encoding', { ...base(), encoding: 'hex-or-base64' }],
  ['secret', { ...base(), secret: 'public-key' }],
  ['content', { ...base(), content: [] }],
  ['content', { ...base(), content: 'body' }],
  ['content', { ...base(), content: [{ literal: 'x' }] }],
  ['content', { ...base(), content: ['body', 'body'] }],
  ['content[0]', { ...base(), content: ['secret', 'body'] }],
  ['content[0].literal', { ...base(), content: [{ literal: '' }, 'body'] }],
  ['content[0].literal', { ...base(), content: [{ literal: 'é' }, 'body'] }],
  ['content[0]', { ...base(), content: [{ literal: 'x', derived: {} }, 'body'] }],
  ['content', { ...base(), content: Array.from({ length: 17 }, () => 'body') }],
  ['headers.id', { ...base(), content: ['id', { literal: '.' }, 'body'] }],
  ['headers.id', { headers: { signature: 'X', id: 'Y' } }],
  ['content', { headers: { signature: 'X', id: 'Y' }, content: ['id', 'body'] }],
  [
    'content',
    { headers: { signature: 'X', id: 'Y' }, content: ['body', { literal: '.' }, 'id', { literal: '.' }] },
  ],
  ['headers', { headers: { signature: 'X', id: 'x' }, content: ['id', { literal: '.' }, 'body'] }],
  ['timestamp', { ...base(), timestamp: { unit: 'seconds' } }],
  ['timestamp', { headers: { signature: 'X', timestamp: 'Y' }, content: ['timestamp', 'body'] }],
  ['timestamp', { headers: { signature: 'X', timestamp: 'Y' }, timestamp: { unit: 'seconds' } }],
  ['timestamp', { ...base(), content: ['timestamp', 'body'], timestamp: { unit: 'seconds' } }],
  ['timestamp.unit', { ...base(), timestamp: { unit: 'minutes' } }],
  ['timestamp.toleranceSeconds', { ...base(), timestamp: { unit: 'seconds', toleranceSeconds: 0 } }],
  ['timestamp.toleranceSeconds', { ...base(), timestamp: { unit: 'seconds', toleranceSeconds: 86_401 } }],
  ['timestamp.toleranceSeconds', { ...base(), timestamp: { unit: 'seconds', toleranceSeconds: null } }],
  ['form.kind', { ...base(), form: { kind: 'jwt' } }],
  ['form.version', { ...base(), form: { kind: 'list' } }],
  ['form.joiner', { ...base(), form: { kind: 'list', version: 'v1', separator: ',', joiner: ',' } }],
  ['form.version', { ...base(), form: { kind: 'whole', version: 'v1' } }],
  ['form.timestampKey', { ...base(), form: { kind: 'pairs', timestampKey: 't', signatureKey: 't' } }],
  ['form.repeats', { ...base(), form: { kind: 'stamped', repeats: 'yes' } }],
  ['headers.timestamp', stampedTwice()],
  ['eventId', { ...base(), eventId: { from: 'signed-header' } }],
  ['eventId.from', { ...base(), eventId: { from: 'signed-body' } }],
  ['eventId.path', { ...base(), eventId: { from: 'body' } }],
  ['eventId.path[0]', { ...base(), eventId: { from: 'body', path: [0] } }],
  ['eventType.paths', { ...base(), eventType: { from: 'body', paths: [] } }],
  ['eventType.paths[0][0]', { ...base(), eventType: { from: 'body', paths: [[1.5]] } }],
  ['eventType.paths', { ...base(), eventType: { from: 'header', name: 'X', paths: [['a']] } }],
  ['acknowledgement.status', { ...base(), acknowledgement: { status: 302 } }],
  ['acknowledgement.contentType', { ...base(), acknowledgement: { status: 200, contentType: 'text/html' } }],
  ['It', JSON.parse('{"headers":{"signature":"X"},"__proto__":{}}')],
];

function base(): { readonly headers: { readonly signature: string } } {
  return { headers: { signature: 'X-Signature' } };
}

function stampedTwice(): unknown {
  return {
    headers: { signature: 'X', timestamp: 'Y' },
    form: { kind: 'stamped' },
    content: ['timestamp', 'body'],
    timestamp: { unit: 'seconds' },
  };
}

test('what would be unsafe or is not known is refused, with the field and the rule, and never the value', () => {
  for (const [field, config] of REFUSED) {
    assert.throws(
      // Called as untyped code would.
      () => Reflect.apply(genericScheme, undefined, [config]),
      (error) => {
        assert.ok(
          error instanceof SchemeFault && error.code === 'CONFIGURATION_INVALID',
          JSON.stringify(config),
        );
        assert.equal(error.detail?.split(' ')[0], field, JSON.stringify(config));
        return true;
      },
    );
  }
});
