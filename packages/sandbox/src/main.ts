/**
 * The sandbox as a process of its own. Its options come as the first message over IPC, or as JSON from the file that
 * `SANDBOX_OPTIONS_FILE` names; its steps go out the same way, one message or one line of JSON each. It ends on
 * SIGINT and SIGTERM, and when its parent's channel closes. Exit codes: 0 after a close, 1 when it can't start.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { sandboxOptionsSchema } from './options.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import type { SandboxEvent } from './sandbox-event.ts';

let sandbox: Sandbox | undefined;
let ending = false;

function write(line: SandboxEvent): void {
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(line)}\n`);
  // A parent that has gone can't be told anything; 'disconnect' ends the process.
  else if (process.connected) process.send(line, () => {});
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await sandbox?.close();
  process.exit(code);
}

/** Says what is wrong without the options' values, which are secrets. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ');
  }
  return error instanceof Error ? error.message : 'unknown error';
}

async function start(read: () => Promise<unknown>): Promise<void> {
  try {
    const settings = sandboxOptionsSchema.parse(await read());
    const started = await startSandbox({ ...settings, onEvent: write });
    if (ending) await started.close();
    else sandbox = started;
  } catch (error) {
    process.stderr.write(`sandbox: can't start: ${explain(error)}\n`);
    await end(1);
  }
}

process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
process.on('disconnect', () => void end(0));

const file = process.env['SANDBOX_OPTIONS_FILE'];
if (file !== undefined) {
  await start(async () => {
    try {
      const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
      return parsed;
    } catch (error) {
      // The parser's own message quotes the text.
      throw error instanceof SyntaxError ? new Error('SANDBOX_OPTIONS_FILE is not JSON') : error;
    }
  });
} else if (process.send !== undefined) {
  process.once('message', (message: unknown) => void start(async () => message));
} else {
  process.stderr.write('sandbox: no IPC channel and no SANDBOX_OPTIONS_FILE\n');
  process.exitCode = 1;
}
