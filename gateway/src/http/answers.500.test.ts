// 500: at every operation, what fails inside says nothing of the inside; the cause is in the log alone.
// K19 U14; invariant 3 "never a stack, a query, a path or a payload".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, type FaultCode, type LogFields, newId, systemClock } from '#base';
import type { Ingest } from '#ingest';
import { withClient } from '#test/client';
import { assertProblem } from '#test/problem';
import { roomWith, withListener } from './http.fixture.ts';
import { describedOperations } from './operations.fixture.ts';

const endpoint = newId('endpoint', systemClock);
const KEY = 'any';
const A_DAY = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' };
const AT_DESTINATION = `?destination=${newId('destination', systemClock)}`;

test('500 INTERNAL at every operation whose rooms fail like a defect, with the cause in the log alone', async (t) => {
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const write = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
  const listener = await withListener(t, { log: { debug: write, info: write, warn: write, error: write } });
  const call = withClient(t, listener);
  const bodies: Readonly<Record<string, object>> = {
    'POST /admin/v1/keys': { kind: 'test', name: 'a' },
    'POST /admin/v1/connections': { platform: 'koywe', name: 'a', credential: { a: 'b' } },
    'PATCH /admin/v1/connections/{id}': { baseUrl: 'x' },
    'POST /admin/v1/endpoints': { platform: 'koywe', name: 'a', secret: 'a'.repeat(32) },
    'PATCH /admin/v1/endpoints/{id}': { state: 'paused' },
    'POST /admin/v1/endpoints/{id}/try-addresses': { allowedAddresses: [] },
    'POST /admin/v1/destinations': { name: 'a', url: 'x' },
    'PATCH /admin/v1/destinations/{id}': { state: 'paused' },
    'POST /admin/v1/events/{id}/replay': {},
    'POST /admin/v1/endpoints/{id}/secrets': { secret: 'a'.repeat(32) },
    'POST /admin/v1/endpoints/{id}/secrets/retire': { secret: newId('secret', systemClock) },
    'POST /admin/v1/replays': A_DAY,
    'POST /admin/v1/replays/try': A_DAY,
    'PATCH /admin/v1/keys/{id}': { note: 'a' },
    'POST /admin/v1/keys/{id}/rotate': {},
    'POST /admin/v1/keys/{id}/retire': { secret: newId('secret', systemClock) },
    'POST /admin/v1/keys/{id}/signers': { scheme: 'mintmove', algorithm: 'hmac-sha256' },
    'POST /admin/v1/keys/{id}/signers/retire': { signer: newId('signer', systemClock) },
    'POST /admin/v1/keys/{id}/try-addresses': { allowedAddresses: [] },
    'POST /api/v1/auth/credentials/rotate-secret': {},
    'POST /api/v1/auth/sign-in': { apiKey: newId('key', systemClock), secret: 'x' },
    'POST /in/{endpoint}': {},
    'POST /v1/events': { type: 'a' },
    'POST /v1/events/acknowledge': { deliveries: [newId('delivery', systemClock)] },
  };
  const headers = { 'idempotency-key': 'of-a-test' };
  for (const { name, method, path } of await describedOperations()) {
    if (/^\/(?:livez|readyz)$/.test(path) || method === 'HEAD') continue;
    const body = bodies[name];
    const query = /^(?:GET \/v1\/events|POST \/v1\/events\/acknowledge)$/.test(name) ? AT_DESTINATION : '';
    const given = body === undefined ? {} : { body };
    const answer = await call({ method, path: path + query, key: KEY, headers, ...given });
    const problem = assertProblem(answer, 'INTERNAL');
    // All but the request's id, in which any letters may stand by chance.
    assert.doesNotMatch(answer.text.replace(problem.requestId, ''), /secret|srv/);
    const line = lines.find(({ fields }) => fields?.request === problem.requestId);
    assert.equal(line?.message, 'request failed');
    assert.match(String(Object(line.fields?.error).message), /select secret/);
  }
});

test('every fault of a room is its own problem', async (t) => {
  const codes: FaultCode[] = [
    'WEBHOOK_REFUSED',
    'ENDPOINT_PAUSED',
    'AUDIT_UNAVAILABLE',
    'OUTBOUND_TIMEOUT',
    'OPEN_FAILED',
    'CONFLICT',
  ];
  for (const code of codes) {
    const ingest = roomWith<Ingest>({
      expect: async () => ({ bodyBytesMax: 1_048_576 }),
      receive: async () => {
        throw new Fault(code, { cause: new Error('select secret from room') });
      },
    });
    const listener = await withListener(t, { rooms: { ingest } });
    assertProblem(
      await withClient(t, listener)({ method: 'POST', path: `/in/${endpoint}`, body: '{}' }),
      code,
    );
  }
});
