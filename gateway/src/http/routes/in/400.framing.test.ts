// A webhook that two readers could frame in two ways is refused, and nothing of it is an event. K7; RFC 9112 section 6.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '#test/problem';
import { withRaw } from '#test/raw';
import { sharedGateway } from '#test/shared-gateway';
import { anEndpoint } from '../objects.fixture.ts';

const gateway = await sharedGateway();

test('400 for two lengths, a length and chunks, or no host', async (t) => {
  const { id, path } = await anEndpoint();
  for (const fields of [
    'Host: gateway\r\nContent-Length: 2\r\nContent-Length: 3',
    'Host: gateway\r\nContent-Length: 2\r\nTransfer-Encoding: chunked',
    'Content-Length: 2',
  ]) {
    const raw = await withRaw(t, gateway);
    raw.send(`POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n{}`);
    assertProblem(await raw.answer(), 'INVALID_REQUEST');
  }
  const { items } = (await gateway.admin('GET', `/admin/v1/events?endpoint=${id}`)).json<{
    items: object[];
  }>();
  assert.deepEqual(items, []);
});
