// A status that HTTP does not have is no answer: what passes answers on must not stumble over one after it has begun,
// when the outcome of the call would go unrecorded. K6
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayHaveBeenSent } from './faults.ts';
import { callOf, faultOf, openOutbound, serveRaw } from './loopback-server.fixture.ts';

const answering = (status: string) => (socket: NodeJS.ReadWriteStream) =>
  socket.on('data', () => socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));

for (const status of ['000', '099', '600', '700', '999']) {
  test(`K6 ${status} is no answer`, async (t) => {
    const server = await serveRaw(t, answering(status));
    const fault = await faultOf(openOutbound(t).call(callOf(server.origin)), 'OUTBOUND_RESPONSE_INVALID');
    assert.ok(mayHaveBeenSent(fault));
    await server.drained();
  });
}

for (const status of [200, 300, 599]) {
  test(`K6 ${status} is an answer`, async (t) => {
    const server = await serveRaw(t, answering(String(status)));
    const answer = await openOutbound(t).call(callOf(server.origin));
    assert.equal(answer.status, status);
    await answer.discard();
  });
}
