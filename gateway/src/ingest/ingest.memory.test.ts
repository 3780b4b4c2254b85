// A refused webhook that waits for its entry in the log keeps no body in memory: a flood of large forgeries costs headers.
// Design 5.7; trap "Verifying": cap what an unauthenticated sender can make us hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EndpointId } from '#base';
import { eventBody, signed, withIngest } from './ingest.fixture.ts';
import type { Ingest } from './ingest.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Sends a forgery; what is left of its body can only be seen through the reference. */
function forge(
  ingest: Ingest,
  endpoint: EndpointId,
): { answer: Promise<unknown>; body: WeakRef<Uint8Array> } {
  const forged = signed(Buffer.from(eventBody('forged')), { endpoint, secret: 'not-the-secret-0123456789' });
  return {
    answer: ingest.receive(forged).catch((thrown: unknown) => thrown),
    body: new WeakRef(forged.body),
  };
}

test('L12 the body of a forgery is gone while its refusal still waits for the entry it shares', async (t) => {
  const { endpoint, ingest } = await withIngest(t, { limits: { refusalWindowMs: 60_000 } });
  await forge(ingest, endpoint.id).answer;
  const { answer, body } = forge(ingest, endpoint.id);
  let settled = false;
  void answer.then(() => (settled = true));
  for (let tries = 0; tries < 50 && body.deref() !== undefined; tries++) {
    await turn();
    collect();
  }
  assert.equal(body.deref(), undefined);
  assert.equal(settled, false);
  await ingest.stop();
  assert.equal(await answer.then((thrown) => Reflect.get(Object(thrown), 'code')), 'WEBHOOK_REFUSED');
});
