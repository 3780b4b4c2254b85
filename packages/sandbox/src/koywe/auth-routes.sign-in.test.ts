// Sign-in answers an HS256 token for an hour to the right key and secret alone; a token in force opens the platform
// and nothing else does; rotating the secret shows a new one once, ends the old and is refused to people. K4 K10 K6
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { credential, type Harness, merchantPath, startHarness } from '../sandbox.harness.ts';

let harness: Harness;
before(async () => {
  harness = await startHarness();
});
after(() => harness.close());

const signInPath = '/api/v1/auth/sign-in';
const rotatePath = '/api/v1/auth/credentials/rotate-secret';

test('K10: sign-in answers nothing but an HS256 token that lives for an hour', async () => {
  const { status, json } = await harness.call('POST', signInPath, {
    body: { apiKey: credential.apiKey, secret: credential.secret },
  });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ['token']);
  const [head, claims] = String(json['token'])
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  assert.equal(head.alg, 'HS256');
  assert.equal(claims.exp - claims.iat, 3600);
});

test('K6: a wrong key or secret is 401 with the new envelope and the old field', async () => {
  for (const body of [
    { apiKey: credential.apiKey, secret: 'wrong' },
    { apiKey: 'wrong', secret: credential.secret },
    { apiKey: '', secret: '' },
  ]) {
    const { status, json } = await harness.call('POST', signInPath, { body });
    assert.equal(status, 401);
    assert.deepEqual(Object.keys(json), ['statusCode', 'timestamp', 'path', 'errorCode', 'message', 'error']);
    assert.equal(json['errorCode'], 'INVALID_CREDENTIALS');
    assert.equal(json['error'], 'Invalid credentials');
    assert.equal(json['path'], signInPath);
  }
  const missing = await harness.call('POST', signInPath, { body: { apiKey: 'x' } });
  assert.equal(missing.status, 400);
});

test('K11: no token, a foreign, changed or unsigned one is 401', async () => {
  const token = await harness.signIn();
  const [head = '', claims = '', signature = ''] = token.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const foreign = createHmac('sha256', 'another key').update(`${head}.${claims}`).digest('base64url');
  const changed = Buffer.from(JSON.stringify({ kind: 'api', exp: 9_999_999_999 })).toString('base64url');
  const wrong = [
    `${head}.${claims}.${foreign}`,
    `${head}.${changed}.${signature}`,
    `${none}.${claims}.${signature}`,
    `${none}.${claims}.`,
    'x',
    '',
  ];
  for (const candidate of [...wrong, null]) {
    const { status, json } = await harness.call('GET', merchantPath, { token: candidate });
    assert.equal(status, 401, String(candidate));
    assert.equal(json['errorCode'], 'TOKEN_INVALID');
  }
  assert.equal((await harness.call('GET', merchantPath)).status, 200);
  assert.equal((await harness.call('GET', '/api/v1/nothing-here', { token: null })).status, 401);
  assert.equal((await harness.call('GET', '/api/v1/nothing-here')).status, 404);
});

test('K10: an expired token is 401 TOKEN_EXPIRED', async () => {
  const brief = await startHarness({ tokenLifeSeconds: 1 });
  try {
    const token = await brief.signIn();
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    let answer = await brief.call('GET', merchantPath);
    while (answer.status === 200 && Date.now() < exp * 1000 + 10_000)
      answer = await brief.call('GET', merchantPath);
    assert.equal(answer.status, 401);
    assert.equal(answer.json['errorCode'], 'TOKEN_EXPIRED');
    assert.ok(Date.now() >= exp * 1000);
  } finally {
    await brief.close();
  }
});

test('K4: rotation shows 64 hexadecimal digits once, ends the old secret and leaves tokens alive', async () => {
  const own = await startHarness();
  try {
    await own.signIn();
    // The vendor's sample sends no body, with and without naming JSON.
    const { status, json } = await own.call('POST', rotatePath, { text: '' });
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['secret']);
    const secret = String(json['secret']);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal((await own.call('GET', merchantPath)).status, 200, 'the token lives on');
    const body = (text: string): unknown => ({ apiKey: credential.apiKey, secret: text });
    assert.equal((await own.call('POST', signInPath, { body: body(credential.secret) })).status, 401);
    assert.equal((await own.call('POST', signInPath, { body: body(secret) })).status, 200);
    const again = await own.call('POST', rotatePath, { body: {} });
    assert.notEqual(again.json['secret'], secret);
    assert.equal((await own.call('POST', signInPath, { body: body(secret) })).status, 401);
    assert.ok(own.lines.filter(({ event }) => event === 'secret.rotated').length === 2);
    assert.ok(!JSON.stringify(own.lines).includes(secret), 'the secret is in no line');
  } finally {
    await own.close();
  }
});

test('K4 K6: rotation is 401 without a token and 403 to a person', async () => {
  assert.equal((await harness.call('POST', rotatePath, { token: null })).status, 401);
  const person = harness.sandbox.issueToken('email');
  const { status, json } = await harness.call('POST', rotatePath, { token: person, body: {} });
  assert.equal(status, 403);
  assert.equal(json['message'], 'Only API users can rotate');
  assert.equal((await harness.call('GET', merchantPath, { token: person })).status, 200);
  await harness.signIn();
});
