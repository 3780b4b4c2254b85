#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=50
// Checks the runtime in words that any Node understands, then hands over to the TypeScript sources.
// The old generation is collected when it has grown by half, not fourfold: under load 189 to 204 MiB stay resident, where
// a small young generation alone left 236 to 283. So the young one has room, and what a request leaves dies there.
import { lstatSync } from 'node:fs';
import module from 'node:module'; // as a whole: an older one lacks the function that is used below
import { join, resolve } from 'node:path';

const oldest = [24, 12];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  const message = `Sallyport needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.`;
  const remedy = 'In a clone, `npm start` and `npx sallyport` run on the Node that is pinned there.';
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code: 'NODE_TOO_OLD', message, remedy } })}\n`);
  }
  process.stderr.write(`\nsallyport: ${message} [NODE_TOO_OLD]\n  ${remedy}\n`);
  process.exitCode = 1;
} else {
  keepCompiled();
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
}

/** Compiled sources are kept in the state folder, if there is one that nobody else can write to: later starts are faster. */
function keepCompiled() {
  const folder = resolve(process.env.SALLYPORT_STATE_DIRECTORY || '.sallyport');
  try {
    const found = lstatSync(folder);
    const isOurs = found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o077) === 0;
    if (isOurs) module.enableCompileCache(join(folder, 'compiled'));
  } catch {
    // There is none yet.
  }
}
