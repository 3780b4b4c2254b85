// What a sender is told: 200 with the id of the event, one and the same 401 for every reason, 413 as soon as a body is too
// large (announced or streamed), 503 with a time to come back. U11 L12 P12; traps "Verifying": generic answers, "Body read
// before any check: cap while streaming", a repeated signature header.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '@sallyport/schemes';
import { newId, systemClock } from '#base';
import { type ClientAnswer, withClient } from '#test/client';
import { withGateway } from '#test/gateway';
import { withRaw } from '#test/raw';
import { eventBody, SECRET } from './ingest.fixture.ts';

const LIMIT = 65_536;

test('U11 L12 P12 the answers of an endpoint', async (t) => {
  const one = await withGateway(t, { limits: { webhookBodyBytesMax: LIMIT } });
  const call = withClient(t, one);
  const admin = (method: 'POST' | 'PATCH', path: string, body: object) =>
    call({ method, path: `/admin/v1${path}`, key: one.adminKey, body });
  const made = await admin('POST', '/endpoints', { platform: 'koywe', name: 'koywe', secret: SECRET });
  const { id, path } = made.json<{ id: string; path: string }>();
  const signatureOf = (body: string | Buffer, secret = SECRET): string =>
    sign({ scheme: 'koywe', secrets: [Buffer.from(secret)], body: Buffer.from(body), nowMs: 0 })
      .headers[0]?.[1] ?? '';
  const send = (body: string | Buffer, headers: Record<string, string>): Promise<ClientAnswer> =>
    call({ method: 'POST', path, body, headers });

  await t.test('an authentic webhook: 200, its id, and whether it was there', async () => {
    const body = eventBody('a');
    const headers = { 'koywe-signature': signatureOf(body) };
    const first = await send(body, headers);
    assert.equal(first.status, 200);
    const { event } = first.json<{ event: string }>();
    assert.deepEqual((await send(body, headers)).json(), { event, duplicate: true });
  });

  await t.test('a refused one: the same words for every reason, which stands in the log alone', async () => {
    const body = eventBody('b');
    const right = signatureOf(body);
    const answers = [
      await send(body, {}),
      await send(body, { 'koywe-signature': '' }),
      await send(body, { 'koywe-signature': 'zz' }),
      await send(body, { 'koywe-signature': `sha256=${right}` }),
      await send(body, { 'koywe-signature': right.toUpperCase() }),
      await send(body, { 'koywe-signature': right.slice(0, -1) }),
      await send(body, { 'koywe-signature': `${right}00` }),
      await send(body, { 'koywe-signature': 'é'.repeat(64) }),
      await send(body, { 'koywe-signature': signatureOf(body, 'another-secret-0123456789') }),
      await send(`${body} `, { 'koywe-signature': right }),
      await send('', { 'koywe-signature': right }),
    ];
    const raw = await withRaw(t, one);
    raw.send(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n` +
        `koywe-signature: ${right}\r\nkoywe-signature: ${right}\r\n\r\n${body}`,
    );
    const repeated = await raw.answer();
    const words = [...answers, repeated].map(({ status, text }) => {
      assert.equal(status, 401);
      return text.replace(/req_[0-9a-z]{26}/g, 'req');
    });
    assert.equal(new Set(words).size, 1, words.join('\n'));
    assert.doesNotMatch(words[0] ?? '', /signature-|mismatch|missing|repeated|malformed/);
    await one.gateway.rooms.audit.integrate();
    const { environment } = one;
    const { items } = await one.gateway.rooms.audit.entries({
      environment,
      action: 'webhook.refused',
      limit: 100,
    });
    const reasons = new Set(items.map(({ entry }) => entry.details['reason']));
    for (const reason of [
      'signature-missing',
      'signature-malformed',
      'signature-mismatch',
      'signature-repeated',
    ]) {
      assert.ok(reasons.has(reason), `${reason} in ${[...reasons].join()}`);
    }
    const sum = items.reduce((count, { entry }) => count + Number(entry.details['count']), 0);
    assert.equal(sum, answers.length + 1);
  });

  await t.test(
    'one that is too large: 413 when announced, and when streamed as soon as the limit is passed',
    async () => {
      const announced = await withRaw(t, one);
      announced.send(`POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999\r\n\r\n`);
      assert.equal((await announced.answer()).status, 413);
      const streamed = await withRaw(t, one);
      streamed.send(`POST ${path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n`);
      const chunk = 'x'.repeat(16_384);
      for (let sent = 0; sent <= LIMIT; sent += chunk.length) streamed.send(`4000\r\n${chunk}\r\n`);
      // The body has no end, and is answered all the same.
      assert.equal((await streamed.answer()).status, 413);
      const exact = Buffer.alloc(LIMIT, 'x');
      assert.equal((await send(exact, { 'koywe-signature': signatureOf(exact) })).status, 200);
    },
  );

  await t.test(
    'a paused endpoint: 503 and a time to come back; an unknown one: 404, whatever it is signed with',
    async () => {
      const body = eventBody('c');
      const headers = { 'koywe-signature': signatureOf(body) };
      assert.equal((await admin('PATCH', `/endpoints/${id}`, { state: 'paused' })).status, 200);
      const paused = await send(body, headers);
      assert.deepEqual([paused.status, paused.headers['retry-after']], [503, '60']);
      assert.equal((await admin('PATCH', `/endpoints/${id}`, { state: 'active' })).status, 200);
      assert.equal((await send(body, headers)).status, 200);
      const unknown = `/in/${newId('endpoint', systemClock)}`;
      const answer = await call({ method: 'POST', path: unknown, body, headers });
      assert.equal(answer.status, 404);
    },
  );
});
