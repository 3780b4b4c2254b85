import { startChild } from './child.ts';
import { goals, spread, table } from './report.ts';
import type { Lengths } from './rounds.ts';
import type { KeyCheckOrder, KeyCheckResult } from './servers/key-checks.ts';
import type { RequestCheckOrder, RequestCheckResult } from './servers/request-checks.ts';
import type { Setting } from './setting.ts';
import { summarise } from './statistics.ts';

const TARGET_PER_SECOND = 100_000;
/** Rounds are short here. */
const ROUNDS = 3;

/** Who holds a credential and whether they may, from memory, as every request asks it; and whose signature a request bears. */
export async function keyCheck({
  setting,
  lengths,
}: {
  setting: Setting;
  lengths: Lengths;
}): Promise<string> {
  const child = startChild<KeyCheckOrder, KeyCheckResult>(new URL('servers/key-checks.ts', import.meta.url));
  const { databaseUrl, directory } = setting;
  const result = await child.ask({ databaseUrl, directory, rounds: lengths.rounds * ROUNDS });
  await child.stop();
  const verifier = startChild<RequestCheckOrder, RequestCheckResult>(
    new URL('servers/request-checks.ts', import.meta.url),
  );
  const verified = await verifier.ask({ rounds: lengths.rounds * ROUNDS });
  await verifier.stop();
  return [
    '# Key check',
    '',
    '`access.authenticate` and `access.authorize` as the door asks them: form and checksum, digest under the pepper, the holder in memory while the',
    'change feed vouches for it, revocation, ends, kind, addresses, origin, scope, the state of the environment, and the use counted. The rival is what',
    'a check written by hand is at least: an HMAC-SHA-256 and a look into a Map. In one process, two hundred of each by turns.',
    '',
    table(['check', 'µs each', 'per second'], rowsOf(result)),
    '',
    '`verifyRequest` over a POST of 1 KiB: headers read, digest and base built, signature and time checked; that it was not seen before is not',
    'asked here, which takes a write. The rival verifies the same bytes, made beforehand. Both hand public-key signatures to the thread pool and',
    'wait for each. By turns of twenty.',
    '',
    table(['verification', 'µs each', 'per second'], rowsOf(verified)),
    '',
    goals(
      (['one key', 'ten thousand keys by turns'] as const).map((name) => {
        const perSecond = summarise(result[name].map((microseconds) => 1e6 / microseconds));
        return {
          what: `key check in memory, per second: ${name}`,
          target: '≥ 100,000',
          measured: spread(perSecond, 0),
          met: perSecond.median >= TARGET_PER_SECOND,
        };
      }),
    ),
    '',
  ].join('\n');
}

function rowsOf(result: Readonly<Record<string, readonly number[]>>): readonly (readonly string[])[] {
  return Object.entries(result).map(([name, microseconds]) => {
    const summary = summarise(microseconds);
    return [name, spread(summary), Math.round(1e6 / summary.median).toLocaleString('en')];
  });
}
