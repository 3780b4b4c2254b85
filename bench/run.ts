// The one command: `npm --prefix bench start`. See README.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callOut } from './call-out.ts';
import { deliveries } from './deliveries.ts';
import { keyCheck } from './key-check.ts';
import { describeMachine } from './machine.ts';
import { profileByRoom } from './profile.ts';
import type { Lengths } from './rounds.ts';
import { sealOpen } from './seal-open.ts';
import { startSetting } from './setting.ts';
import { webhookIn } from './webhook-in.ts';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'webhook-in,call-out,deliveries,seal-open,key-check' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    profile: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});
const folder = import.meta.dirname;
const benches = {
  'webhook-in': webhookIn,
  'call-out': callOut,
  deliveries,
  'seal-open': sealOpen,
  'key-check': keyCheck,
};
const wanted = Object.entries(benches).filter(([name]) => flags.only.split(',').includes(name));
const lengths: Lengths = {
  rounds: Number(flags.rounds),
  warmUpMs: 400,
  measureMs: Number(flags.seconds) * 1_000,
};

if (!existsSync(join(folder, 'node_modules', 'express'))) {
  // Rivals come from the bench's own lockfile, and only when somebody measures.
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('npm ci failed in bench');
}

for (const [name, bench] of wanted) {
  const machineBefore = describeMachine();
  const setting = await startSetting();
  let report: string;
  try {
    process.stderr.write(`${name} `);
    const profiled = flags.profile ? await setting.profile() : null;
    report = await bench({ setting, lengths });
    if (profiled !== null) process.stdout.write(profileByRoom(await profiled()));
  } finally {
    await setting.end();
  }
  process.stderr.write('\n');
  const command = `node bench/run.ts ${process.argv.slice(2).join(' ')}`.trim();
  const document = `${report}\n${machineBefore}\n- command: \`${command}\`; ${lengths.rounds} rounds of ${lengths.measureMs / 1_000} s a measurement\n`;
  if (flags.print || flags.profile) {
    process.stdout.write(document);
  } else {
    await mkdir(join(folder, 'results'), { recursive: true });
    await writeFile(join(folder, 'results', `${name}.md`), document);
    process.stderr.write(`bench/results/${name}.md\n`);
  }
}
