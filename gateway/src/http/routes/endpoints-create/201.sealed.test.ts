// An endpoint gets an address that nobody can guess; its secret goes in and never comes out. K1 K7 U2 K23.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName, sharedGateway } from '#test/shared-gateway';
import { webhookSecret } from '../objects.fixture.ts';

const { admin, actsOn } = await sharedGateway();

test('201 with the endpoint and where webhooks go, without its secret', async () => {
  const name = freshName();
  const answer = await admin('POST', '/admin/v1/endpoints', {
    platform: 'koywe',
    name,
    secret: webhookSecret(),
  });
  assert.equal(answer.status, 201);
  const { id, createdAt: _, ...rest } = answer.json<{ id: string; createdAt: string }>();
  assert.deepEqual(rest, {
    platform: 'koywe',
    name,
    state: 'active',
    path: `/in/${id}`,
    allowedAddresses: [],
    scheme: null,
    toleranceSeconds: null,
    bodyBytesMax: null,
    eventTypes: [],
    structure: 'platform',
    schemas: {},
    expectations: [],
    url: null,
    parameters: {},
    keepHeaders: [],
    confirm: null,
  });
  assert.deepEqual(await actsOn(`endpoint:${id}`), ['endpoint.created: success by key']);
  const later = await admin('GET', `/admin/v1/endpoints/${id}`);
  for (const { text } of [answer, later]) assert.ok(!text.includes(webhookSecret().slice(8)));
});
