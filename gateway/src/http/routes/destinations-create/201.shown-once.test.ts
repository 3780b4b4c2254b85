// A destination gets a secret of 32 random bytes to verify deliveries with, in this answer and nowhere else. K1 K7 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { canary } from '../../../../../tools/leaks/canaries.ts';

const { admin, actsOn } = await sharedGateway();

test('201 with the destination and its secret', async () => {
  const body = { name: freshName(), url: 'https://app.test/webhooks?shop=1' };
  const answer = await admin('POST', '/admin/v1/destinations', body);
  assert.equal(answer.status, 201);
  const { destination, secret } = answer.json<{ destination: Record<string, unknown>; secret: string }>();
  const { id, secrets, createdAt: _, ...rest } = destination;
  assert.deepEqual(rest, {
    ...body,
    kind: 'push',
    state: 'active',
    filter: { platforms: null, types: null, endpoints: null, conditions: null },
    orderBy: null,
    signature: 'standard-webhooks',
    parameters: {},
    timeoutMs: null,
    concurrency: null,
    ratePerSecond: null,
    scheduleSeconds: null,
    passHeaders: [],
    headerNames: [],
    clientCertificate: null,
    pausedAt: null,
    pausedReason: null,
    failingSince: null,
    nextProbeAt: null,
  });
  assert.equal(Array.isArray(secrets) && secrets.length, 2);
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.ok(
    !(await admin('GET', `/admin/v1/destinations/${id}`)).text.includes(secret.slice('whsec_'.length)),
  );
  assert.deepEqual(await actsOn(`destination:${id}`), ['destination.created: success by key']);
});

test('201 with all that can be said of one, of which what is secret does not come back', async () => {
  const said = {
    filter: {
      platforms: ['koywe'],
      types: ['order.*'],
      endpoints: null,
      conditions: [{ path: ['data', 'amount'], op: 'greater', value: 100 }],
    },
    orderBy: { path: ['data', 'orderId'] },
    signature: 'platform',
    parameters: {},
    timeoutMs: 2_000,
    concurrency: 4,
    ratePerSecond: 50,
    scheduleSeconds: [1, 10, 100],
    passHeaders: ['x-request-id'],
  };
  const headers = { Authorization: `Bearer ${canary('bearerToken')}` };
  const body = {
    ...said,
    name: freshName(),
    url: 'https://app.test/x',
    secret: canary('webhookSecret'),
    headers,
  };
  const answer = await admin('POST', '/admin/v1/destinations', body);
  assert.equal(answer.status, 201, answer.text);
  const { destination, secret } = answer.json<{ destination: Record<string, unknown>; secret: string }>();
  for (const [name, value] of Object.entries(said)) assert.deepEqual(destination[name], value, name);
  assert.deepEqual(destination['headerNames'], ['authorization']);
  assert.equal(secret, body.secret);
  const shown = await admin('GET', `/admin/v1/destinations/${String(destination['id'])}`);
  assert.ok(!shown.text.includes(body.secret) && !shown.text.includes(headers.Authorization));
});

test('201 for one that is pulled from, which has no secret', async () => {
  const answer = await admin('POST', '/admin/v1/destinations', { name: freshName(), kind: 'pull' });
  assert.equal(answer.status, 201, answer.text);
  const { destination, secret } = answer.json<{ destination: Record<string, unknown>; secret: null }>();
  assert.deepEqual(
    [destination['kind'], destination['url'], destination['secrets'], secret],
    ['pull', null, [], null],
  );
});
