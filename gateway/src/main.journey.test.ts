// The whole path: an order is created through Sallyport, its webhooks come back, are verified, stored, and delivered.
// K1 K7 K8 K10 K11 U11: the application holds no platform credential and sees no unverified webhook.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { verifyExport } from '@sallyport/evidence';
import { verify } from '@sallyport/schemes';
import { withClient } from '#test/client';
import { withGateway } from '#test/gateway';
import { canary } from '../../tools/leaks/canaries.ts';

interface Received {
  readonly id: string;
  readonly body: Buffer;
  readonly rawHeaders: readonly string[];
}

test('an order goes out, its webhooks come in and on to the application, and the log verifies', async (t) => {
  const received: Received[] = [];
  const gatewayTest = await withGateway(t, { declaredHosts: ['127.0.0.1'] });
  const { url, adminKey, testKey, koywe, sandbox, environment } = gatewayTest;
  const call = withClient(t, gatewayTest);
  const arrived = Promise.withResolvers<void>();
  const application = createServer(gatewayTest.certificates, (request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const id = String(request.headers['webhook-id']);
        received.push({ id, body: Buffer.concat(chunks), rawHeaders: request.rawHeaders });
        response.end();
        if (received.some(({ body }) => body.includes('order.completed'))) arrived.resolve();
      });
  });
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => (application.closeAllConnections(), application.close(resolve))));

  const admin = (path: string, body: object) =>
    call({ method: 'POST', path: `/admin/v1${path}`, key: adminKey, body });
  const secret = canary('webhookSecret');
  const email = canary('email');
  const connection = (
    await admin('/connections', {
      platform: 'koywe',
      name: 'koywe',
      credential: { apiKey: koywe.apiKey, secret: koywe.secret },
      baseUrl: sandbox.url,
    })
  ).json<{ id: string; prefix: string }>();
  const endpoint = (await admin('/endpoints', { platform: 'koywe', name: 'koywe', secret })).json<{
    path: string;
  }>();
  const { port } = application.address() as AddressInfo;
  const destination = (
    await admin('/destinations', { name: 'application', url: `https://127.0.0.1:${port}/webhooks` })
  ).json<{
    secret: string;
  }>();
  const platform = `${connection.prefix}/api/v1/organizations/${koywe.organizationId}`;
  const merchant = `${platform}/merchants/${koywe.merchantId}`;
  const through = (path: string, body: object) => call({ method: 'POST', path, key: testKey, body });

  const hook = await through(`${platform}/webhooks`, { url: url + endpoint.path, secret });
  assert.equal(hook.status, 201, hook.text);
  const contact = await through(`${merchant}/contacts`, {
    firstName: 'Ana',
    countrySymbol: 'CL',
    businessType: 'PERSON',
    type: 'PERSON',
    email,
    phone: canary('phone'),
    lastName: canary('personName'),
  });
  assert.equal(contact.status, 201, contact.text);
  const order = await through(`${merchant}/orders`, {
    type: 'PAYIN',
    originCurrencySymbol: 'CLP',
    destinationCurrencySymbol: 'CLP',
    amountIn: 5_000,
    externalId: 'attempt-1',
    description: `${canary('cardNumber')} ${canary('iban')}`,
    contactId: contact.json<{ id: string }>().id,
    paymentMethods: [{ method: 'KHIPU' }],
  });
  assert.equal(order.status, 201, order.text);
  await arrived.promise;

  const secretBytes = Buffer.from(destination.secret.slice('whsec_'.length), 'base64');
  for (const { body, rawHeaders } of received) {
    const secrets = [{ id: 'current', bytes: secretBytes }];
    assert.equal(
      verify({ scheme: 'standard-webhooks', secrets, rawHeaders, body, nowMs: Date.now() }).ok,
      true,
    );
  }
  const events = await call({ path: '/admin/v1/events', key: adminKey });
  const stored = events.json<{ items: { id: string; type: string }[] }>().items;
  assert.deepEqual(stored.filter(({ type }) => type === 'order.completed').length, 1);
  for (const { id } of received) assert.ok(stored.some((event) => event.id === id));

  await gatewayTest.gateway.rooms.audit.integrate();
  const exported = await call({ path: '/admin/v1/audit/export', key: adminKey });
  const report = await verifyExport(exported.text.trimEnd().split('\n'), {});
  assert.deepEqual(report.problems, []);
  assert.equal(report.environment, environment);
  assert.ok(report.entries > 10);
  for (const { text } of [events, exported, order]) {
    assert.ok(!text.includes(koywe.secret) && !text.includes(secret) && !text.includes(email));
  }
});
