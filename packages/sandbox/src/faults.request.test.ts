// Every fault of requests does what its sentence says, by the request's header and by rule, and leaves the sandbox
// well; rules match by method and path, count down, and are bounded. Q20 K6
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { type FaultName, faultTable, isRequestFault } from './faults.ts';
import {
  authorityCert,
  type CallOptions,
  createContact,
  credential,
  type Harness,
  merchantPath,
  organizationPath,
  payin,
  startHarness,
} from './sandbox.harness.ts';

let harness: Harness;
let token: string;
before(async () => {
  harness = await startHarness({ control: true });
  token = await harness.signIn();
});
after(() => harness.close());
afterEach(() => harness.sandbox.faults.clear());

const tested = new Set<FaultName>();

function withFault(name: FaultName, more: CallOptions = {}): CallOptions {
  tested.add(name);
  return { ...more, headers: { 'x-sandbox-fault': name, ...more.headers } };
}

test('Q20 K6: 401-expired, 403, 429 and 500 answer in the envelope', async () => {
  for (const [name, status, code] of [
    ['401-expired', 401, 'TOKEN_EXPIRED'],
    ['403', 403, 'FORBIDDEN'],
    ['429', 429, 'TOO_MANY_REQUESTS'],
    ['500', 500, 'INTERNAL_ERROR'],
  ] as const) {
    const answer = await harness.call('GET', merchantPath, withFault(name));
    assert.equal(answer.status, status);
    assert.equal(answer.json['errorCode'], code);
    assert.equal(answer.headers['retry-after'], name === '429' ? '1' : undefined);
  }
  assert.equal((await harness.call('GET', merchantPath)).status, 200);
});

test('Q20: slow waits, then does what was asked; closing ends the wait', async () => {
  harness.sandbox.faults.add({ fault: 'slow', path: merchantPath, delayMs: 20, times: 1 });
  assert.equal((await harness.call('GET', merchantPath)).status, 200);
  const own = await startHarness();
  await own.signIn();
  const waiting = assert.rejects(own.call('GET', merchantPath, withFault('slow')));
  await own.line(({ fault }) => fault === 'slow');
  await own.close();
  await waiting;
});

test('Q20: reset answers nothing and does nothing', async () => {
  const before = harness.state().contacts.length;
  const body = { firstName: 'Ana', countrySymbol: 'CO', businessType: 'PERSON', type: 'PERSON' };
  await assert.rejects(harness.call('POST', `${merchantPath}/contacts`, withFault('reset', { body })));
  assert.equal(harness.state().contacts.length, before);
});

test('Q20: lost-answer does what was asked and answers nothing', async () => {
  const contactId = await createContact(harness);
  const path = `${merchantPath}/orders`;
  const body = payin(contactId, { externalId: 'lost' });
  await assert.rejects(harness.call('POST', path, withFault('lost-answer', { body })));
  assert.equal((await harness.call('GET', `${path}/external/lost`)).status, 200);
  assert.equal((await harness.call('POST', path, { body })).status, 409);
});

test('Q20: truncated promises more than it sends', async () => {
  await assert.rejects(harness.call('GET', merchantPath, withFault('truncated')), (error: Error) => {
    // The status and the promise arrived; the body then ended early.
    assert.match(error.message, /other side closed|terminated|aborted/);
    return true;
  });
});

test('K11: echo-credentials and gzip give back the token and the secret', async () => {
  const plain = await harness.call('GET', merchantPath, withFault('echo-credentials'));
  const zipped = await harness.call('GET', merchantPath, withFault('gzip'));
  const unzipped = gunzipSync(Buffer.from(zipped.text, 'latin1')).toString();
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  for (const text of [plain.text, unzipped]) {
    assert.ok(text.includes(token) && text.includes(credential.secret));
  }
  for (const { headers, status } of [plain, zipped]) {
    assert.equal(status, 200);
    assert.equal(headers['x-echo-token'], token);
    assert.equal(headers['x-echo-secret'], credential.secret);
  }
});

test('U13: redirect points into the sandbox, which counts whoever follows', async () => {
  const { status, headers } = await harness.call('GET', merchantPath, withFault('redirect'));
  assert.equal(status, 302);
  const location = new URL(String(headers['location']));
  assert.equal(location.origin, harness.sandbox.url);
  assert.equal(harness.state().redirectsFollowed, 0);
  await harness.call('GET', location.pathname);
  assert.equal(harness.state().redirectsFollowed, 1);
});

test('U14: huge goes on until the reader leaves', async () => {
  const agent = new Agent({ connect: { ca: authorityCert }, allowH2: false });
  try {
    const { body } = await agent.request({
      origin: harness.sandbox.url,
      path: merchantPath,
      method: 'GET',
      headers: withFault('huge').headers ?? {},
    });
    let bytes = 0;
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > 8_000_000) break;
    }
    assert.ok(bytes > 8_000_000);
  } finally {
    await agent.destroy();
  }
  assert.equal((await harness.call('GET', merchantPath)).status, 200);
});

test('every fault of requests is tested above', () => {
  const names = Object.keys(faultTable).filter((name): name is FaultName => name in faultTable);
  assert.deepEqual([...tested].sort(), names.filter(isRequestFault).sort());
});

test('Q20: a rule matches by method and path, counts down, and lasts without a count', async () => {
  const { faults } = harness.sandbox;
  faults.add({ fault: '403', method: 'get', path: `${merchantPath}/contacts`, times: 2 });
  const get = (path: string): Promise<number> => harness.call('GET', path).then(({ status }) => status);
  assert.equal(await get(merchantPath), 200);
  assert.equal(await get(`${merchantPath}/contacts?pageSize=1`), 403);
  assert.deepEqual(faults.list(), [
    { fault: '403', method: 'get', path: `${merchantPath}/contacts`, times: 1 },
  ]);
  assert.equal((await harness.call('POST', `${merchantPath}/contacts`, { body: {} })).status, 400);
  assert.equal(await get(`${merchantPath}/contacts`), 403);
  assert.equal(await get(`${merchantPath}/contacts`), 200);
  faults.add({ fault: '500' });
  assert.deepEqual([await get('/'), await get(organizationPath), await get(merchantPath)], [500, 500, 500]);
  faults.clear();
  assert.equal(await get(merchantPath), 200);
});

test('Q20: the control routes add, list and clear rules, and are closed unless asked for', async () => {
  const path = '/_sandbox/faults';
  const added = await harness.call('POST', path, { body: { fault: '500', path: merchantPath }, token: null });
  assert.equal(added.status, 201);
  assert.equal((await harness.call('GET', merchantPath)).status, 500);
  const { json } = await harness.call('GET', path);
  assert.deepEqual(json['rules'], [{ fault: '500', path: merchantPath }]);
  assert.equal((await harness.call('DELETE', path)).status, 204);
  assert.equal((await harness.call('GET', merchantPath)).status, 200);
  for (const body of [
    {},
    { fault: 'nonsense' },
    { fault: '500', times: 0 },
    { fault: '500', path: 'x' },
    { fault: '500', unknown: 1 },
  ]) {
    assert.equal((await harness.call('POST', path, { body })).status, 400, JSON.stringify(body));
  }
  const token = await harness.call('POST', '/_sandbox/tokens', { body: { kind: 'email' } });
  assert.equal((await harness.call('GET', merchantPath, { token: String(token.json['token']) })).status, 200);
  const emitted = await harness.call('POST', '/_sandbox/emit', { body: { type: 'order.paid', id: 'evt_c' } });
  assert.deepEqual(emitted.json, { id: 'evt_c', answers: [] });
  assert.ok(Array.isArray((await harness.call('GET', '/_sandbox/state')).json['orders']));
  const closed = await startHarness();
  try {
    assert.equal((await closed.call('GET', '/_sandbox/state')).status, 404);
    assert.equal((await closed.call('POST', path, { body: { fault: '500' } })).status, 404);
  } finally {
    await closed.close();
  }
});

test('Q20: an unknown fault in the header is 400, and rules are at most a hundred', async () => {
  for (const name of ['nonsense', '__proto__', 'constructor', '']) {
    const { status } = await harness.call('GET', merchantPath, { headers: { 'x-sandbox-fault': name } });
    assert.equal(status, 400, name);
  }
  for (let index = 0; index < 100; index += 1) harness.sandbox.faults.add({ fault: '500', path: '/never' });
  assert.throws(() => harness.sandbox.faults.add({ fault: '500' }), RangeError);
  const over = await harness.call('POST', '/_sandbox/faults', { body: { fault: '500' } });
  assert.equal(over.status, 422);
});

test('the state keeps the latest requests as they came', async () => {
  await harness.call('GET', `${merchantPath}?a=b`, { headers: { 'X-Mine': 'Value' } });
  const last = harness.state().requests.at(-1);
  assert.equal(last?.path, `${merchantPath}?a=b`);
  assert.ok(last.rawHeaders.includes('Value'));
});
