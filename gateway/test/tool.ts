import { spawn, spawnSync } from 'node:child_process';

/** What a tool of the system said, and how it ended. */
export interface ToolRun {
  readonly code: number | null;
  /** Both streams as they came, without colours. */
  readonly output: string;
}

/**
 * For a test that needs tools of the system: a reason to skip it where one is missing.
 *
 * @example test('no finding', { skip: missingTool('sslscan') }, async () => { … });
 */
export function missingTool(...names: readonly string[]): string | false {
  const missing = names.filter((name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0);
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

/** Runs a tool to its end; ended with the test where it doesn't. */
export function runTool(
  t: { after(hook: () => void): unknown },
  [name, ...args]: readonly [string, ...(readonly string[])],
): Promise<ToolRun> {
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, output: output.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '') }),
    );
  });
}
