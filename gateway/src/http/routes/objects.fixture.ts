import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sign } from '@sallyport/schemes';
import { utf8 } from '#base';
import type { ClientAnswer } from '#test/client';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { canary } from '../../../../tools/leaks/canaries.ts';

/** Objects for tests of routes, each made over HTTP as anybody would. */

/** A test key that may call platforms. */
export async function aKey(settings: object = {}): Promise<{ readonly id: string; readonly secret: string }> {
  const body = { kind: 'test', name: freshName(), scopes: ['calls:send', 'secret:rotate'], ...settings };
  const made = await created<{ key: { id: string }; secret: string }>('/admin/v1/keys', body);
  return { id: made.key.id, secret: made.secret };
}

/** A connection to the sandbox, under a credential that it takes. */
export async function aConnection(
  settings: object = {},
): Promise<{ readonly id: string; readonly prefix: string }> {
  const { koywe, sandbox } = await sharedGateway();
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const body = { platform: 'koywe', name: freshName(), credential, baseUrl: sandbox.url, ...settings };
  return created('/admin/v1/connections', body);
}

/** An endpoint for webhooks of Koywe, signed with {@link webhookSecret}. */
export async function anEndpoint(): Promise<{ readonly id: string; readonly path: string }> {
  return created('/admin/v1/endpoints', { platform: 'koywe', name: freshName(), secret: webhookSecret() });
}

/** An endpoint with a second secret; `secret` is the id of the first, which still counts. */
export async function aRotatedEndpoint(): Promise<{
  readonly id: string;
  readonly path: string;
  readonly secret: string;
}> {
  const { admin } = await sharedGateway();
  const { id, path } = await anEndpoint();
  const secrets = `/admin/v1/endpoints/${id}/secrets`;
  const [first] = (await admin('GET', secrets)).json<{ items: { id: string }[] }>().items;
  await created(secrets, { secret: 'another-secret-of-a-webhook-0123' });
  return { id, path, secret: first?.id ?? '' };
}

/** A destination at which nobody listens: its deliveries stay due. */
export async function aDestination(): Promise<{ readonly id: string; readonly secret: string }> {
  const body = { name: freshName(), url: 'https://127.0.0.1:1/webhooks' };
  const made = await created<{ destination: { id: string }; secret: string }>('/admin/v1/destinations', body);
  return { id: made.destination.id, secret: made.secret };
}

/** A destination that events are pulled from, and a key that is bound to it. */
export async function aPullDestination(): Promise<{ readonly id: string; readonly key: string }> {
  const { keyWith } = await sharedGateway();
  const made = await created<{ destination: { id: string } }>('/admin/v1/destinations', {
    name: freshName(),
    kind: 'pull',
  });
  const { id } = made.destination;
  const settings = { boundTo: { kind: 'destination', id } } as const;
  return { id, key: await keyWith({ kind: 'test', scopes: ['events:pull'], settings }) };
}

/** One event as a pull gives it. */
export interface Pulled {
  readonly delivery: string;
  readonly event: string;
  readonly attempt: number;
  readonly body: string;
}

/** Pulls with a key that is bound to the destination; the answer must be 200. */
export async function pull(
  key: string,
  query = '',
): Promise<{ readonly batch: string | null; readonly events: readonly Pulled[] }> {
  const { call } = await sharedGateway();
  const answer = await call({ path: `/v1/events${query}`, key });
  assert.equal(answer.status, 200, answer.text);
  return answer.json();
}

/** An event of the environment's own, with this body; its id. */
export async function send(body: string | Uint8Array): Promise<string> {
  const { call, testKey: key } = await sharedGateway();
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const answer = await call({ method: 'POST', path: '/v1/events', key, body, headers });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<{ event: string }>().event;
}

export function webhookSecret(): string {
  return canary('webhookSecret');
}

/** A webhook as Koywe sends it; `secret` when somebody else signs it. */
export async function sendWebhook(
  path: string,
  { body, secret = webhookSecret() }: { readonly body: string; readonly secret?: string },
): Promise<ClientAnswer> {
  const { call } = await sharedGateway();
  const headers = Object.fromEntries(
    sign({ scheme: 'koywe', secrets: [utf8(secret)], body: utf8(body), nowMs: 0 }).headers,
  );
  return call({ method: 'POST', path, body, headers: { 'content-type': 'application/json', ...headers } });
}

/** An event that came in at an endpoint of its own. */
export async function anEvent(): Promise<{
  readonly id: string;
  readonly endpoint: string;
  readonly body: string;
}> {
  const { id: endpoint, path } = await anEndpoint();
  const body = JSON.stringify({ id: freshName(), type: 'order.completed', data: { orderId: 'ord_1' } });
  const answer = await sendWebhook(path, { body });
  assert.equal(answer.status, 200, answer.text);
  return { id: answer.json<{ event: string }>().event, endpoint, body };
}

/** A delivery that was tried once, in vain. */
export async function aDelivery(): Promise<{ readonly id: string }> {
  const { admin } = await sharedGateway();
  const { id: destination } = await aDestination();
  const { id: event } = await anEvent();
  const { items } = (
    await admin('GET', `/admin/v1/deliveries?event=${event}&destination=${destination}`)
  ).json<{
    items: { id: string }[];
  }>();
  const id = items[0]?.id ?? '';
  await untilTried(id, 1);
  return { id };
}

/** Resolves when a delivery was tried so many times. */
export async function untilTried(id: string, attempts: number): Promise<void> {
  const { admin } = await sharedGateway();
  await until(
    async () =>
      (await admin('GET', `/admin/v1/deliveries/${id}`)).json<{ attempts: number }>().attempts >= attempts,
  );
}

export function replayBody(more: object): object {
  return { from: '2020-01-01T00:00:00Z', to: new Date(Date.now() + 60_000).toISOString(), ...more };
}

export async function newReplay(more: object): Promise<ClientAnswer> {
  const { admin } = await sharedGateway();
  return admin('POST', '/admin/v1/replays', replayBody(more));
}

/** A replay of a time in which nothing happened. */
export async function aReplay(): Promise<{ readonly id: string }> {
  return created('/admin/v1/replays', { from: '2020-01-01T00:00:00Z', to: '2020-01-01T00:00:01Z' });
}

/** A replay, when it is over. */
export async function aFinishedReplay(
  id: string,
): Promise<{ readonly state: string; readonly events: number; readonly deliveries: number }> {
  const { admin } = await sharedGateway();
  const show = async () =>
    (await admin('GET', `/admin/v1/replays/${id}`)).json<{
      state: string;
      events: number;
      deliveries: number;
    }>();
  await until(async () => (await show()).state !== 'running');
  return show();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('what was waited for did not happen');
}

/** An event that is authentic and not as Koywe's are: it is held. */
export async function aHeldEvent(): Promise<{ readonly id: string }> {
  const { path } = await anEndpoint();
  const answer = await sendWebhook(path, {
    body: JSON.stringify({ id: freshName(), type: 'order.completed' }),
  });
  assert.equal(answer.status, 200, answer.text);
  return { id: answer.json<{ event: string }>().event };
}

async function created<Made>(path: string, body: object): Promise<Made> {
  const { admin } = await sharedGateway();
  const answer = await admin('POST', path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json<Made>();
}
