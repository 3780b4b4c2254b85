import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Account } from './account.ts';

export interface ProgramOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly account: Account;
  readonly cwd: string;
  readonly input?: string;
  /** Of a longer output, the last so many characters are kept. */
  readonly outputCharactersMax?: number;
  /** When to end it. */
  readonly timeoutMs?: number;
}

const OUTPUT_CHARACTERS_MAX = 16_384;
/** A list of all processes: one that is cut would lack the one that is looked for. */
export const PROCESS_LIST_CHARACTERS_MAX = 16_777_216;
const TIMEOUT_MS = 120_000;

/** Nothing of our own environment reaches the server: `PG*` variables and preloaded libraries would change it. */
export const PROGRAM_ENVIRONMENT: Readonly<Record<string, string>> = Object.freeze({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
});

/** The spawn options of a program under an account. */
export function under(account: Account, cwd: string): SpawnOptions {
  return {
    cwd,
    env: { ...PROGRAM_ENVIRONMENT },
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  };
}

/** Runs a program to its end; `status` is `null` when it could not be run or was ended. Never throws. */
export async function runProgram(
  options: ProgramOptions,
): Promise<{ status: number | null; output: string }> {
  const { file, args, account, cwd, input } = options;
  const { outputCharactersMax = OUTPUT_CHARACTERS_MAX, timeoutMs = TIMEOUT_MS } = options;
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = `${output}${chunk.toString('latin1')}`.slice(-outputCharactersMax);
  };
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        ...under(account, cwd),
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: timeoutMs,
      });
    } catch (error) {
      resolve({ status: null, output: String(error) });
      return;
    }
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => resolve({ status: null, output: `${output}\n${error.message}` }));
    child.on('close', (status) => resolve({ status, output }));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
