// The clock of a node is set an hour and a day ahead and back under it: webhooks are stored and new events delivered at once all
// the same, each once; retries that an earlier clock put into the future wait for it and none is lost, and those that come due
// together by a step ahead are one attempt each, no storm. K7 U11; invariants 1 and 7; trap "Delivering".
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '@sallyport/schemes';
import { type Clock, systemClock } from '#base';
import { withClient } from '#test/client';
import { type Cleanup } from '#test/database';
import { withGateway } from '#test/gateway';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEPS = [0, HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS];
const PER_STEP = 3;
const SECRET = 'secret-of-the-endpoint-0123456789';

test('K7 U11: a clock that is stepped by an hour and by a day loses no event, and makes no storm', async (t) => {
  let stepMs = 0;
  const clock: Clock = { now: () => Date.now() + stepMs, monotonic: () => systemClock.monotonic() };
  const gateway = await withGateway(t, {
    clock,
    declaredHosts: ['127.0.0.1'],
    // By a clock that jumps a day, whatever fails has failed for a day; that is the destination's to tell, and not looked at here.
    limits: { deliveryPollMs: 50, keyCacheMs: 50, destinationFailingSeconds: 2_592_000 },
  });
  const call = withClient(t, gateway);
  const good = await application(t, gateway.certificates, () => true);
  const failing = await application(t, gateway.certificates, (times) => times > 1);
  const post = (path: string, body: object) => call({ method: 'POST', path, key: gateway.adminKey, body });
  for (const { url } of [good, failing])
    assert.equal(
      (await post('/admin/v1/destinations', { name: `to ${new URL(url).port}`, url })).status,
      201,
    );
  const endpoint = await post('/admin/v1/endpoints', { platform: 'koywe', name: 'koywe', secret: SECRET });
  const { path } = endpoint.json<{ path: string }>();

  const deliveries = async () => {
    const answer = await call({ path: '/admin/v1/deliveries?limit=100', key: gateway.adminKey });
    const { items } = answer.json<{ items: { attempts: number; state: string }[] }>();
    return { attempts: items.map(({ attempts }) => attempts), states: items.map(({ state }) => state) };
  };

  const events: string[] = [];
  for (const [at, step] of STEPS.entries()) {
    stepMs = step;
    for (let number = 0; number < PER_STEP; number += 1) {
      const body = Buffer.from(
        `{"id":"whk_${at}_${number}","type":"order.paid","data":{"orderId":"ord_${at}_${number}"}}`,
      );
      const headers = Object.fromEntries(
        sign({ scheme: 'koywe', secrets: [Buffer.from(SECRET)], body, nowMs: clock.now() }).headers,
      );
      const answer = await call({ method: 'POST', path, headers, body });
      assert.equal(answer.status, 200, `after a step of ${step} ms`);
      events.push(answer.json<{ event: string }>().event);
    }
    // Whatever the time is: what has just come in goes out now, to both. Written down as well: an attempt under way has a
    // lease, and a step ahead ends it, so that one would be made again.
    await until(async () => {
      const { attempts } = await deliveries();
      return attempts.length === 2 * events.length && attempts.every((count) => count > 0);
    });
    assert.ok(events.every((id) => good.times.get(id) === 1));
  }
  assert.equal(new Set(events).size, STEPS.length * PER_STEP);

  // Of the retries some lie a day ahead. When their time has come, by whatever clock, each is made.
  stepMs = 2 * DAY_MS;
  await until(async () => (await deliveries()).states.every((state) => state === 'delivered'));
  for (const id of events) {
    assert.equal(good.times.get(id), 1, `${id} was delivered again`);
    // Twice as the schedule says, or once more where a step met the second attempt under way.
    assert.ok([2, 3].includes(failing.times.get(id) ?? 0), `${id} was sent ${failing.times.get(id)} times`);
  }
  const listed = await call({ path: '/admin/v1/events?limit=100', key: gateway.adminKey });
  assert.equal(listed.json<{ items: unknown[] }>().items.length, events.length);
});

/** An application that counts, and takes an event when it says so. */
async function application(
  t: Cleanup,
  certificates: { key: string; cert: string },
  takes: (times: number) => boolean,
) {
  const times = new Map<string, number>();
  const server = createServer(certificates, (request, response) => {
    request.resume().on('end', () => {
      const id = String(request.headers['webhook-id']);
      times.set(id, (times.get(id) ?? 0) + 1);
      response.writeHead(takes(times.get(id) ?? 0) ? 204 : 500).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return { url: `https://127.0.0.1:${address.port}/`, times };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await condition()) return;
    await delay(10);
  }
  throw new Error('what was waited for did not happen');
}
