// Deliveries are signed as of now under every secret in force: a receiver may change over at any moment of a rotation. By Standard
// Webhooks with a secret, a key pair, or both; or in the platform's own scheme with a secret of ours. K7 Q10 U10.
// Trap "Delivering": receivers that verify the original signature after a delay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSecret, type SchemeName, verify } from '@sallyport/schemes';
import { openSecretText, Secret, SYSTEM } from '#base';
import { asOwner, makeDue, type Received, until, withReceiver, withRooms } from './delivery.fixture.ts';

function verifies({ rawHeaders, body }: Received, scheme: SchemeName, text: string, url?: string): boolean {
  const secrets = [{ id: 'one', bytes: parseSecret(scheme, text) }];
  return verify({
    scheme,
    secrets,
    rawHeaders,
    body,
    nowMs: Date.now(),
    ...(url === undefined ? {} : { url }),
  }).ok;
}

const signatures = (one: Received | undefined): number =>
  String(one?.headers['webhook-signature'] ?? '').split(' ').length;

test('during a rotation both secrets verify; after it the old one doesn’t; a lost answer can be asked for again', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const { id: destination, text: old } = await rooms.destination(receiver.url);
  const rotate = (more = {}) =>
    rooms.delivery.destinations.rotate(
      { environment, destination, requestKey: 'request-1', ...more },
      SYSTEM,
    );
  rooms.delivery.start();
  const rotated = await rotate();
  const fresh = openSecretText(rotated.secret ?? assert.fail('no secret'));
  const again = await rotate();
  assert.equal(again.secret === null ? null : openSecretText(again.secret), fresh);
  assert.equal(again.previousEndAtMs, rotated.previousEndAtMs);
  await rooms.receive();
  await receiver.has(1);
  const [during] = receiver.received;
  assert.ok(during !== undefined);
  assert.ok(verifies(during, 'standard-webhooks', old) && verifies(during, 'standard-webhooks', fresh));
  assert.equal(signatures(during), 2);
  const given = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
  await rotate({ requestKey: undefined, overlapSeconds: 0, secret: Secret.fromText(given) });
  await rooms.receive();
  await receiver.has(2);
  const [, after] = receiver.received;
  assert.ok(after !== undefined && verifies(after, 'standard-webhooks', given));
  assert.ok(!verifies(after, 'standard-webhooks', old) && !verifies(after, 'standard-webhooks', fresh));
  const view = await rooms.delivery.destinations.get({ environment, destination });
  assert.ok(!JSON.stringify(view).includes(given.slice('whsec_'.length)));
  assert.deepEqual(view.secrets.map(({ kind }) => kind).sort(), ['ed25519', 'symmetric']);
  const kept = await asOwner(rooms, 'select sealed_secret from destination_secrets');
  assert.ok(kept.every((row) => !Buffer.from(row['sealed_secret'] as Uint8Array).includes('whsec_')));
});

test('a key pair: the public key that is shown verifies; with both kinds either does; rotating one gives two', async (t) => {
  const receiver = await withReceiver(t);
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const { id: destination, text } = await rooms.destination(receiver.url, 'pair', {
    signature: 'standard-webhooks-v1a',
  });
  rooms.delivery.start();
  const target = { environment, destination };
  const publicKeys = async () =>
    (await rooms.delivery.destinations.get(target)).secrets.flatMap(({ publicKey }) => publicKey ?? []);
  const [first = ''] = await publicKeys();
  assert.match(first, /^whpk_[A-Za-z0-9+/]{43}=$/);
  await rooms.receive();
  await receiver.has(1);
  const [alone] = receiver.received;
  assert.ok(alone !== undefined && verifies(alone, 'standard-webhooks-v1a', first));
  assert.ok(!verifies(alone, 'standard-webhooks', text));
  await rooms.delivery.destinations.change({ ...target, signature: 'both' }, SYSTEM);
  await rooms.delivery.destinations.rotate(target, SYSTEM);
  await rooms.receive();
  await receiver.has(2);
  const both = receiver.received[1];
  assert.ok(both !== undefined);
  const keys = await publicKeys();
  assert.equal(keys.length, 2);
  for (const key of keys) assert.ok(verifies(both, 'standard-webhooks-v1a', key));
  assert.ok(verifies(both, 'standard-webhooks', text));
  assert.equal(signatures(both), 4);
  const altered = { ...both, body: Buffer.concat([both.body, Buffer.from(' ')]) };
  assert.ok(
    !verifies(altered, 'standard-webhooks-v1a', first) && !verifies(altered, 'standard-webhooks', text),
  );
});

test('signed as the platform does with a secret of ours: its own verifier takes it, late retries too', async (t) => {
  let isUp = false;
  const receiver = await withReceiver(t, (response) => {
    response.statusCode = isUp ? 200 : 500;
    response.end();
  });
  const rooms = await withRooms(t);
  const filter = { platforms: ['koywe'], types: null, endpoints: null, conditions: null };
  const { text } = await rooms.destination(receiver.url, 'as koywe', {
    filter,
    signature: 'platform',
    headers: { Authorization: 'Bearer of-the-receiver', 'X-Shop': '7' },
    passHeaders: ['koywe-signature', 'x-trace'],
  });
  rooms.delivery.start();
  await rooms.receive();
  await receiver.has(1);
  await until(async () => (await rooms.deliveries()).every(({ attempts }) => attempts === 1));
  isUp = true;
  await makeDue(rooms);
  await receiver.has(2);
  const event = (await rooms.deliveries())[0]?.event;
  for (const one of receiver.received) {
    assert.ok(verifies(one, 'koywe', text));
    assert.ok(!verifies(one, 'koywe', rooms.webhookSecret));
    assert.equal(one.headers['webhook-signature'], undefined);
    assert.equal(one.headers['sallyport-event'], event);
    assert.equal(one.headers['authorization'], 'Bearer of-the-receiver');
    assert.equal(one.headers['x-shop'], '7');
  }
  const view = (await rooms.delivery.destinations.list({ environment: rooms.environment, limit: 1 }))
    .items[0];
  assert.deepEqual(view?.headerNames, ['authorization', 'x-shop']);
  assert.ok(!JSON.stringify(view).includes('of-the-receiver'));
  const [row] = await asOwner(rooms, 'select sealed_headers from destinations');
  assert.ok(!Buffer.from(row?.['sealed_headers'] as Uint8Array).includes('of-the-receiver'));
});

test('a test is an event of its own type, signed as any other, and of no delivery; a paused destination gets it, too', async (t) => {
  const receiver = await withReceiver(t, (response) =>
    response.writeHead(202, { 'x-request-id': 'r1' }).end('thanks'),
  );
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const { id: destination, text } = await rooms.destination(receiver.url, 'tested');
  await rooms.delivery.destinations.change({ environment, destination, state: 'paused' }, SYSTEM);
  const pinged = await rooms.delivery.ping({ environment, destination }, SYSTEM);
  assert.deepEqual(
    [pinged.ok, pinged.status, pinged.reason, pinged.answerStart, pinged.answerHeaders?.['x-request-id']],
    [true, 202, null, 'thanks', 'r1'],
  );
  const [one] = receiver.received;
  assert.ok(one !== undefined && verifies(one, 'standard-webhooks', text));
  assert.equal(one.id, pinged.event);
  assert.equal(JSON.parse(one.body.toString()).type, 'sallyport.test');
  assert.deepEqual(await rooms.deliveries(), []);
});

test('a signature that the secret does not fit is refused when it is asked for', async (t) => {
  const rooms = await withRooms(t);
  const { environment } = rooms;
  const filter = { platforms: ['koywe'], types: null, endpoints: null, conditions: null };
  const secret = Secret.fromText('a-secret-in-the-form-of-koywe');
  const { destination } = await rooms.delivery.destinations.create(
    { environment, name: 'koywe', url: 'https://127.0.0.1:9/', filter, signature: 'platform', secret },
    SYSTEM,
  );
  const change = (fields: object) =>
    rooms.delivery.destinations.change({ environment, destination: destination.id, ...fields }, SYSTEM);
  await assert.rejects(change({ signature: 'standard-webhooks' }), { code: 'INVALID_REQUEST' });
  await assert.rejects(change({ filter: { ...filter, platforms: ['koywe', 'wise'] } }), {
    code: 'INVALID_REQUEST',
  });
  await assert.rejects(change({ filter: { ...filter, platforms: null } }), { code: 'INVALID_REQUEST' });
  assert.equal(
    (await change({ signature: 'standard-webhooks-v1a', filter: { ...filter, platforms: null } })).signature,
    'standard-webhooks-v1a',
  );
});
