import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** The machine a result comes from, as a Markdown list: a figure without it says nothing. */
export function describeMachine(): string {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `- date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `- machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `- versions: Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, Postgres 18 embedded (fsync and synchronous_commit on), commit ${commit()}`,
    `- load average (1, 5, 15 minutes) before the run: ${load.join(', ')}`,
  ].join('\n');
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}
