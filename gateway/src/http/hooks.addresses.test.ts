// 403 for an address that an endpoint does not allow: before its body is read, and without a hint of what would pass. Who
// administers sees who called, tries a list on them, and is kept from shutting out a sender by accident. K14 U7 L12 Q15.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '@sallyport/schemes';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';

const SECRET = 'secret-of-the-endpoint-0123456789';
const gateway = await withGateway(afterFile, { limits: { refusalWindowMs: 100 } });
const call = await withDescribedClient(afterFile, gateway);
const { adminKey, testKey } = gateway;

interface Caller {
  readonly address: string;
  readonly outcome: string;
  readonly webhooks: number;
}

const admin = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) =>
  call({
    method,
    path: `/admin/v1/endpoints${path}`,
    key: adminKey,
    ...(body === undefined ? {} : { body }),
  });

async function endpoint(name: string, more: object = {}): Promise<{ id: string; path: string }> {
  const answer = await admin('POST', '', { platform: 'koywe', name, secret: SECRET, ...more });
  assert.equal(answer.status, 201);
  return answer.json();
}

function send(path: string, id: string, secret = SECRET) {
  const body = `{"id":"${id}","type":"order.paid"}`;
  const headers = sign({ scheme: 'koywe', secret: Buffer.from(secret), body: Buffer.from(body), nowMs: 0 });
  return call({ method: 'POST', path, body, headers: Object.fromEntries(headers) });
}

test('403 ADDRESS_REFUSED before the body is read, with the same words for every list', async (t) => {
  const lists = [['192.0.2.0/24'], ['2001:db8::/32', '::ffff:10.0.0.0/104']];
  const texts = await Promise.all(
    lists.map(async (allowedAddresses, at) => {
      const { path } = await endpoint(`refusing-${at}`, { allowedAddresses });
      assertProblem(await send(path, 'a'), 'ADDRESS_REFUSED');
      const raw = await withRaw(t, gateway);
      raw.send(`POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n`);
      const answer = await raw.answer();
      assert.equal(answer.status, 403, 'answered although no body came');
      return answer.text.replace(/req_[0-9a-z]{26}/g, 'req');
    }),
  );
  assert.equal(new Set(texts).size, 1);
  assert.doesNotMatch(texts[0] ?? '', /192\.0|2001:|10\.0|127\.0/);
});

test('200 from an allowed address, IPv4 written within IPv6 included', async () => {
  const { path } = await endpoint('open', { allowedAddresses: ['::ffff:127.0.0.1'] });
  assert.equal((await send(path, 'a')).status, 200);
});

test('who called is shown, a list is tried on them, and one that would lose webhooks takes force', async () => {
  const { id, path } = await endpoint('tried');
  assert.equal((await send(path, 'a')).status, 200);
  assertProblem(await send(path, 'b', 'not-the-secret-0123456789'), 'WEBHOOK_REFUSED');
  const { items } = (await admin('GET', `/${id}/callers?days=1`)).json<{ items: Caller[] }>();
  assert.deepEqual(items.map(({ address, outcome, webhooks }) => [address, outcome, webhooks]).toSorted(), [
    ['127.0.0.1', 'refused', 1],
    ['127.0.0.1', 'verified', 1],
  ]);
  const tried = await admin('POST', `/${id}/try-addresses`, { allowedAddresses: ['192.0.2.0/24'] });
  const { passing, refused } = tried.json<{
    passing: number;
    refused: { verified: Caller[]; unverified: Caller[] };
  }>();
  assert.deepEqual([passing, refused.verified.length, refused.unverified.length], [0, 1, 1]);
  const problem = assertProblem(
    await admin('PATCH', `/${id}`, { allowedAddresses: ['192.0.2.0/24'] }),
    'LOCKS_OUT_CALLER',
  );
  assert.match(problem.detail, / 1 caller/);
  assert.doesNotMatch(problem.detail, /127\.0\.0\.1/);
  assert.equal((await send(path, 'c')).status, 200, 'nothing was changed');
  const forced = await admin('PATCH', `/${id}`, { allowedAddresses: ['192.0.2.0/24'], force: true });
  assert.deepEqual(forced.json()['allowedAddresses'], ['192.0.2.0/24']);
  assertProblem(await send(path, 'd'), 'ADDRESS_REFUSED');
  assert.deepEqual((await admin('PATCH', `/${id}`, { allowedAddresses: [] })).json()['allowedAddresses'], []);
  assert.equal((await send(path, 'e')).status, 200);
});

test('400 by field for what is no range, 404 for no endpoint, 403 for a key that administers nothing', async () => {
  const { id } = await endpoint('fields');
  const wrong = { allowedAddresses: ['192.0.2.0/24', '192.0.2.1/24'] };
  for (const answer of [
    await admin('PATCH', `/${id}`, wrong),
    await admin('POST', `/${id}/try-addresses`, wrong),
  ])
    assert.deepEqual(
      assertProblem(answer, 'INVALID_REQUEST').fields?.map((field) => field.path),
      ['body.allowedAddresses.1'],
    );
  const unknown = id.replace(/.{4}$/, 'zzzz');
  assertProblem(await admin('GET', `/${unknown}/callers`), 'ENDPOINT_NOT_FOUND');
  assertProblem(
    await admin('POST', `/${unknown}/try-addresses`, { allowedAddresses: [] }),
    'ENDPOINT_NOT_FOUND',
  );
  const path = `/admin/v1/endpoints/${id}/callers`;
  assertProblem(await call({ path, key: testKey }), 'WRONG_KEY_KIND');
});
