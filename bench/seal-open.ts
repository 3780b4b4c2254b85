import { startChild } from './child.ts';
import { goals, spread, table } from './report.ts';
import type { Lengths } from './rounds.ts';
import type { CipherOrder, CipherResult } from './servers/ciphers.ts';
import type { Setting } from './setting.ts';
import { summarise, summariseRatios } from './statistics.ts';

/** Seal and open as the rooms use them, against the native cipher underneath. */
export async function sealOpen({
  setting,
  lengths,
}: {
  setting: Setting;
  lengths: Lengths;
}): Promise<string> {
  const child = startChild<CipherOrder, CipherResult>(new URL('servers/ciphers.ts', import.meta.url));
  const result = await child.ask({
    databaseUrl: setting.databaseUrl,
    directory: setting.directory,
    rounds: lengths.rounds * ROUNDS,
  });
  await child.stop();
  const rows = Object.entries(result).map(([name, microseconds]) => [name, spread(summarise(microseconds))]);
  // Time against time: the native cipher's over ours is the share of its rate that ours reaches.
  const seal = summariseRatios(result['native seal'], result['Sallyport seal']);
  const open = summariseRatios(result['native open'], result['Sallyport open']);
  return [
    '# Seal and open',
    '',
    '1 KiB. Ours is the sealer that the rooms use: Cobblestone-256 (a key derived and committed to for each message) with the context of',
    'its place, and a key version in front. Native is AES-256-GCM in `node:crypto` with a random IV, associated data, a tag of 16 bytes,',
    'and one result buffer. In one process, a hundred of each by turns; the ranges are those of rounds of a hundred turns.',
    '',
    table(['operation', 'µs each'], rows),
    '',
    goals([
      { what: 'seal: rate against native', target: '≥ 0.8', measured: spread(seal), met: seal.median >= 0.8 },
      { what: 'open: rate against native', target: '≥ 0.8', measured: spread(open), met: open.median >= 0.8 },
    ]),
    '',
  ].join('\n');
}

/** Rounds are short here. */
const ROUNDS = 3;
