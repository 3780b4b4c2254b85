// A call bears one credential, once: of two only one would be looked at, and which would be a guess. K11; trap "a repeated
// signature header".
import { test } from 'node:test';
import { signRequest } from '@sallyport/schemes';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { sharedGateway } from '#test/shared-gateway';
import { aConnection } from '../objects.fixture.ts';

const gateway = await sharedGateway();

test('400 for the Authorization header sent twice', async (t) => {
  const { prefix } = await aConnection();
  const raw = await withRaw(t, gateway);
  const field = `Authorization: Bearer ${gateway.testKey}\r\n`;
  raw.send(
    `GET ${prefix}/x HTTP/1.1\r\nHost: gateway\r\n${field}${field.toUpperCase().slice(0, 13)}${field.slice(13)}\r\n`,
  );
  assertProblem(await raw.answer(), 'INVALID_REQUEST');
});

test('400 for a signature beside it', async () => {
  const path = `${(await aConnection()).prefix}/x`;
  const signed = await signRequest({
    scheme: 'mintmove',
    keyId: `key_${'0'.repeat(26)}`,
    key: { algorithm: 'hmac-sha256', secret: new Uint8Array(32) },
    method: 'GET',
    target: path,
    body: new Uint8Array(),
    nowMs: Date.now(),
  });
  const headers = Object.fromEntries(signed);
  assertProblem(await gateway.call({ path, key: gateway.testKey, headers }), 'INVALID_REQUEST');
});
