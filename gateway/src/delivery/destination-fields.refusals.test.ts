// What could not be sent as asked is refused when it is asked for, by the name of its field and without its value: an address
// that isn't HTTPS, a header that is ours, a schedule without end, a scheme that can't be signed in. Traps "Calling out".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, limitsWith } from '#base';
import { checkFields, checkSignature, type DestinationFields, type Kept } from './destination-fields.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const BEFORE: Kept = {
  kind: 'push',
  url: 'https://app.test/hooks',
  platforms: null,
  types: null,
  endpoints: null,
  conditions: null,
  order_by: null,
  concurrency: null,
  rate_per_second: null,
  settings: DEFAULT_SETTINGS,
};
const check = (fields: DestinationFields, before: Kept = BEFORE) => checkFields(before, fields, limitsWith());

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'INVALID_REQUEST')
      return `${thrown.fields[0]?.path} ${thrown.fields[0]?.problem}`;
    throw thrown;
  }
  return 'nothing';
}

const SECRET = 'a-value-that-nobody-may-see';

const REFUSED: readonly (readonly [string, DestinationFields])[] = [
  ['body.url', { url: 'http://app.test/' }],
  ['body.url', { url: 'https://user:pw@app.test/' }],
  ['body.url', { url: 'https://app.test/#a' }],
  ['body.headers', { headers: { Host: SECRET } }],
  ['body.headers', { headers: { 'content-length': '1' } }],
  ['body.headers', { headers: { 'Transfer-Encoding': 'chunked' } }],
  ['body.headers', { headers: { connection: 'x' } }],
  ['body.headers', { headers: { 'webhook-signature': SECRET } }],
  ['body.headers', { headers: { 'sallyport-event': SECRET } }],
  ['body.headers', { headers: { 'x-a': `${SECRET}\r\nhost: evil` } }],
  ['body.headers', { headers: { 'x-a': '' } }],
  ['body.headers', { headers: { 'x a': SECRET } }],
  ['body.headers', { headers: { 'x-a': SECRET, 'X-A': SECRET } }],
  ['body.headers', { headers: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`x-${at}`, 'v'])) }],
  ['body.passHeaders', { passHeaders: ['authorization'] }],
  ['body.passHeaders', { passHeaders: ['cookie'] }],
  ['body.passHeaders', { passHeaders: ['webhook-id'] }],
  ['body.concurrency', { concurrency: 0 }],
  ['body.ratePerSecond', { ratePerSecond: 10_001 }],
  ['body.timeoutMs', { timeoutMs: 1 }],
  ['body.timeoutMs', { timeoutMs: 30_001 }],
  ['body.scheduleSeconds', { scheduleSeconds: [0] }],
  ['body.scheduleSeconds', { scheduleSeconds: [1.5] }],
  ['body.scheduleSeconds', { scheduleSeconds: Array.from({ length: 13 }, () => 1) }],
  ['body.scheduleSeconds', { scheduleSeconds: Array.from({ length: 6 }, () => 259_200) }],
  ['body.clientCertificate', { clientCertificate: { certificate: SECRET, key: SECRET } }],
];

test('a field that can not be kept is named, and what it held is not', () => {
  for (const [path, fields] of REFUSED) {
    const said = refusal(() => check(fields));
    assert.ok(said.startsWith(`${path} `), `${JSON.stringify(fields).slice(0, 80)}: ${said}`);
    assert.ok(!said.includes(SECRET));
  }
});

test('what is pushed means nothing where events are pulled', () => {
  const pull: Kept = { ...BEFORE, kind: 'pull', url: null };
  for (const fields of [{ url: 'https://app.test/' }, { orderBy: 'all' }, { headers: {} }] as const)
    assert.match(
      refusal(() => check(fields, pull)),
      /is for destinations that are pushed to/,
    );
  assert.equal(
    refusal(() =>
      check({ filter: { platforms: ['koywe'], types: null, endpoints: null, conditions: null } }, pull),
    ),
    'nothing',
  );
});

test('only what is named changes, and null takes back', () => {
  const { kept } = check({ concurrency: 3, ratePerSecond: 5, scheduleSeconds: [1, 2], timeoutMs: 900 });
  assert.deepEqual(check({}, kept).kept, kept);
  const back = check(
    { concurrency: null, ratePerSecond: null, scheduleSeconds: null, timeoutMs: null },
    kept,
  );
  assert.deepEqual(back.kept, BEFORE);
});

test('what is sealed for one host goes to no other: fields of its own are given again, or taken back, with another address', () => {
  const before: Kept = { ...BEFORE, settings: { ...DEFAULT_SETTINGS, headerNames: ['authorization'] } };
  const said = (fields: DestinationFields): string => refusal(() => check(fields, before));
  for (const url of ['https://other.test/hooks', 'https://app.test:8443/hooks'])
    assert.match(said({ url }), /^body\.headers .*given again/, url);
  assert.equal(said({ url: 'https://app.test/elsewhere' }), 'nothing');
  assert.equal(said({ url: 'https://other.test/hooks', headers: { authorization: 'another' } }), 'nothing');
  assert.equal(said({ url: 'https://other.test/hooks', headers: {} }), 'nothing');
});

const signedAs = (platforms: Kept['platforms'], secret: string): string =>
  refusal(() =>
    checkSignature({ ...BEFORE, platforms, settings: { ...DEFAULT_SETTINGS, signature: 'platform' } }, [
      secret,
    ]),
  );

test('in a platform’s own scheme only where it is known which, and where a secret of ours is enough', () => {
  const text = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  assert.match(signedAs(null, text), /takes a filter of platforms/);
  for (const platform of ['koywe', 'stripe', 'github', 'svix', 'square', 'sallyport'])
    assert.equal(signedAs([platform], text), 'nothing', platform);
  assert.match(signedAs(['koywe', 'wise'], text), /wise signs with a key pair/);
  assert.match(signedAs(['adyen'], text), /adyen signs within the body/);
  assert.match(signedAs(['mercado-pago'], text), /the address of each request/);
  assert.match(signedAs(['generic'], text), /no scheme of its own/);
  assert.match(signedAs(['adyen-platform'], text), /SECRET_MALFORMED/);
  assert.equal(signedAs(['adyen-platform'], 'ab'.repeat(32)), 'nothing');
  assert.match(signedAs(['stripe'], 'short'), /SECRET_TOO_SHORT/);
});
