import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { type Client, withClient } from '../remote/client.ts';
import { segment, understood } from '../remote/remote-command.ts';
import { checkShape, connectionShape, pageShape } from '../remote/shapes.ts';
import type { Check, Finding } from './examine.ts';
import { examinePlatformClock } from './platform-clock.ts';

const LIMIT = '100';
const check = 'platforms';

/** Every connection, signed in at its platform by the gateway itself, from where it will be called; and the clock of each host. */
export const examinePlatforms: Check = ({ outbound: { caFile } }) =>
  withClient(async (client) => {
    const page = await client.call({ method: 'GET', path: '/connections', query: { limit: LIMIT } });
    const { items } = understood(pageShape(connectionShape), page);
    if (items.length === 0) return [{ check, state: 'ok', message: 'there are no connections' }];
    const findings: Finding[] = [];
    for (const item of items) findings.push(await signIn(client, item));
    // Those that the gateway trusts, and the one that it is trusted by: in development that is the sandbox's, too.
    const own = caFile === null ? null : await readFile(caFile, 'utf8').catch(() => null);
    const authorities = [...rootCertificates, ...[own, client.ca].filter((pem) => pem !== null)];
    const origins = new Set(items.map(({ baseUrl }) => new URL(baseUrl).origin));
    const clocks = [...origins].map((url) => examinePlatformClock({ url, authorities }));
    return [...findings, ...(await Promise.all(clocks))];
  });

async function signIn(
  client: Client,
  { id, name, platform }: { id: string; name: string; platform: string },
): Promise<Finding> {
  const answer = await client.call({ method: 'POST', path: `/connections/${segment(id)}/check` });
  const { ok, reason, latencyMs } = understood(checkShape, answer);
  return ok
    ? { check, state: 'ok', message: `${platform} accepts connection ${name} (${latencyMs} ms)` }
    : { check, state: 'fail', message: `connection ${name} (${id}): ${reason ?? 'not accepted'}` };
}
