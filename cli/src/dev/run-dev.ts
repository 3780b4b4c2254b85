import { createLogger, loadConfig, openLogOutput, systemClock } from '@sallyport/gateway/base';
import { Problem, toProblem } from '../problem.ts';
import { endingSignal } from '../terminal/endings.ts';
import { createProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { tellEvent } from './child-events.ts';
import { type Dev, startDev } from './dev.ts';
import { page, readyLine } from './page.ts';
import { resetState } from './reset.ts';
import { createSteps } from './steps.ts';

export interface RunDevOptions {
  readonly terminal: Terminal;
  /** The gateway's own is that of the configuration when it is not given. */
  readonly ports: { readonly gateway: number | undefined; readonly sandbox: number; readonly demo: number };
  readonly reset: boolean;
  readonly yes: boolean;
}

/** Runs `dev` from its start to a signal, or to the end of one of its parts; sets the exit code. */
export async function runDev({ terminal, ports, reset, yes }: RunDevOptions): Promise<void> {
  const startedMs = performance.now();
  const { config } = loadConfig({ overrides: { mode: 'development' } });
  const names = new Map<string, string>();
  const steps = createSteps(terminal, () => names);
  const progress = createProgress(terminal);
  const output = terminal.json ? openLogOutput({ descriptor: 1 }) : null;
  let isReady = false;
  const write = (line: string): void => {
    if (output !== null) {
      if (isReady) output.write(line);
      else process.stderr.write(line);
      return;
    }
    const record: unknown = JSON.parse(line);
    if (typeof record !== 'object' || record === null) return;
    const text = steps.lineOf({ ...record });
    if (text === null) return;
    if (!isReady) progress.end();
    terminal.line(text);
  };
  const log = createLogger({ level: config.log.level, format: 'json', write, clock: systemClock });

  const ending = endingSignal(() => process.exit(130));
  const aborted = { now: false };
  void ending.then(() => (aborted.now = true));
  if (reset) await resetState({ terminal, config, yes, log });
  let dev: Dev;
  try {
    dev = await startDev({
      config,
      stateDirectory: config.stateDirectory,
      ports: { ...ports, gateway: ports.gateway ?? config.listen.port },
      log,
      progress: (what) => progress.show(what),
      onEvent: (from, event) => tellEvent(log, from, event),
      isAborted: () => aborted.now,
    });
  } catch (thrown) {
    throw config.databaseUrl === null ? withReset(thrown) : thrown;
  } finally {
    progress.end();
  }
  names
    .set(dev.connection.slice(dev.connection.lastIndexOf('/') + 1), 'koywe')
    .set(dev.destination, 'the demo');
  if (output === null) {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    terminal.line(page(dev, { terminal, seconds, cwd: process.env['INIT_CWD'] ?? process.cwd() }));
  } else output.write(`${readyLine(dev)}\n`);
  isReady = true;

  const problem = await Promise.race([ending.then(() => null), dev.failed]);
  if (output === null && problem === null) terminal.say(terminal.paintTalk('dim', '\n  Stopping …'));
  await dev.stop();
  await output?.close();
  if (problem !== null) throw problem;
}

/** What can't be mended by itself, but holds only what development made. */
const RESETTABLE: ReadonlySet<string> = new Set([
  'MIGRATION_FAILED',
  'ROOT_KEY_INVALID',
  'OPEN_FAILED',
  'EMBEDDED_FAILED',
]);

function withReset(thrown: unknown): Problem {
  const problem = toProblem(thrown);
  const { code, message, remedy, fields } = problem;
  if (!RESETTABLE.has(code) || `${message}${remedy}`.includes('--reset')) return problem;
  return new Problem({
    code,
    message,
    fields,
    remedy: `${remedy} Or start anew: npm start -- --reset`.trim(),
  });
}
