// A platform that takes too long is given up, and the caller is told that it may have been done. K6 U14; trap "Never retry a
// payment that may have happened".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFile } from '#test/database';
import { withDescribedClient } from '#test/described';
import { withGateway } from '#test/gateway';
import { assertProblem } from '#test/problem';

const gateway = await withGateway(afterFile, { limits: { outboundHeadersTimeoutMs: 1_000 } });
const call = await withDescribedClient(afterFile, gateway);

test('504 OUTBOUND_TIMEOUT, with what to look at before repeating it', async () => {
  const { adminKey, koywe, sandbox, testKey: key } = gateway;
  const credential = { apiKey: koywe.apiKey, secret: koywe.secret };
  const body = { platform: 'koywe', name: 'slow', credential, baseUrl: sandbox.url };
  const made = await call({ method: 'POST', path: '/admin/v1/connections', key: adminKey, body });
  sandbox.faults.add({ fault: 'slow', path: '/api/v1/x', delayMs: 30_000 });
  const answer = await call({ path: `${made.json<{ prefix: string }>().prefix}/api/v1/x`, key });
  assert.match(assertProblem(answer, 'OUTBOUND_TIMEOUT').detail, /may have been carried out/);
});
