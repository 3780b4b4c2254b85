import { relative } from 'node:path';
import type { Terminal } from '../terminal/terminal.ts';
import type { Dev } from './dev.ts';

/** What a newcomer sees when everything runs: where things are, and what to try. Every command works as printed. */
export function page(dev: Dev, given: { terminal: Terminal; seconds: string; cwd: string }): string {
  const { paint } = given.terminal;
  const near = relative(given.cwd, dev.caFile);
  const ca = quoted(near.startsWith('..') ? dev.caFile : near);
  const rows: readonly (readonly [string, string, string])[] = [
    ['gateway', dev.api, ''],
    ['sandbox', dev.sandboxUrl, 'imitates Koywe'],
    ['demo', dev.demoUrl, 'stands for your application'],
    ['authority', ca, 'of these certificates, for development only'],
    ['key', dev.key, 'shown this once'],
  ];
  const wide = Math.max(...rows.slice(0, 4).map(([, value]) => value.length));
  const shown = rows.map(
    ([name, value, note]) =>
      `  ${paint('dim', name.padEnd(9))}  ${value.padEnd(wide)}${note === '' ? '' : `  ${paint('dim', note)}`}`,
  );
  const command = (why: string, ...lines: readonly string[]): string[] => [
    '',
    `  ${why}`,
    ...lines.map((line) => `    ${paint('cyan', line)}`),
  ];
  return [
    '',
    `  ${paint(['bold', 'green'], 'Sallyport is ready')} ${paint('dim', `after ${given.seconds} s`)}`,
    '',
    ...shown.map((line) => line.trimEnd()),
    ...command(
      'Have the demo application create an order at Koywe, through Sallyport:',
      `curl --cacert ${ca} -X POST ${dev.demoUrl}/orders`,
    ),
    ...command(
      'Call Koywe yourself, with the key in place of any credential of theirs:',
      `curl --cacert ${ca} -H @- <<< 'Authorization: Bearer ${dev.key}' \\`,
      `  ${dev.connection}${dev.merchant}`,
    ),
    ...command(
      'See what came in, and what the log proves:',
      'npx sallyport events list',
      'npx sallyport audit list',
    ),
    ...command(
      'Have events come to an application on this machine:',
      'npx sallyport listen --forward http://localhost:3000/hooks',
    ),
    '',
    `  ${paint('dim', 'Each step follows here as it happens. Ctrl-C ends everything.')}`,
    '',
  ].join('\n');
}

/** The line for scripts; these fields and no others. */
export function readyLine(dev: Dev): string {
  return JSON.stringify({
    ready: true,
    api: dev.api,
    ca: dev.caFile,
    environment: dev.environment,
    key: dev.key,
    connections: { koywe: dev.connection },
    endpoints: { koywe: dev.endpoint },
    sandbox: { koywe: dev.sandboxUrl },
  });
}

function quoted(path: string): string {
  return /^[\w./@%+=:-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
