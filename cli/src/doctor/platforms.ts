import { withClient } from '../remote/client.ts';
import { segment, understood } from '../remote/remote-command.ts';
import { checkShape, connectionShape, pageShape } from '../remote/shapes.ts';
import type { Check, Finding } from './examine.ts';

const LIMIT = '100';

/** Every connection, signed in at its platform by the gateway itself: from where it will be called. */
export const examinePlatforms: Check = () =>
  withClient(async (client) => {
    const page = await client.call({ method: 'GET', path: '/connections', query: { limit: LIMIT } });
    const { items } = understood(pageShape(connectionShape), page);
    const findings: Finding[] = [];
    for (const { id, name, platform } of items) {
      const answer = await client.call({
        method: 'POST',
        path: `/connections/${segment(id)}/check`,
      });
      const { ok, reason, latencyMs } = understood(checkShape, answer);
      const check = 'platforms';
      if (ok)
        findings.push({
          check,
          state: 'ok',
          message: `${platform} accepts connection ${name} (${latencyMs} ms)`,
        });
      else
        findings.push({
          check,
          state: 'fail',
          message: `connection ${name} (${id}): ${reason ?? 'not accepted'}`,
        });
    }
    return findings.length > 0
      ? findings
      : [{ check: 'platforms', state: 'ok', message: 'there are no connections' }];
  });
