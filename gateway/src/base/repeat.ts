import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import { randomFraction } from './random.ts';

/** Long enough not to be in the way of a database that recovers, short enough that nobody waits long once it has. */
const BACK_OFF_MS_MAX = 10_000;
const DOUBLINGS_MAX = 16;

export interface RepeatOptions {
  /** Between the end of a run and the start of the next. */
  readonly everyMs: number;
  /** The work. Its signal is aborted by `stop()`; what it throws is logged and waited out. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
  /** For the log. */
  readonly name: string;
}

export interface Repeat {
  /** Runs at once, or once more after the run under way. Does not shorten the wait after a failure. */
  wake(): void;
  /** Starts no further run and resolves when the one under way has ended. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Runs work over and over, never twice at once: the first time at once, then `everyMs` after the end of the run before.
 *
 * After a failure the wait doubles with each further one, up to ten seconds (or `everyMs`, if that is longer), and is drawn
 * from its upper half, so that nodes that failed together don't come back together.
 *
 * @example const integrator = repeat({ everyMs: 250, run: () => integrate(), clock, log, name: 'integrate' });
 */
export function repeat(options: RepeatOptions): Repeat {
  const { everyMs, clock, log, name } = options;
  const stopping = new AbortController();
  let failures = 0;
  let isAwake = false;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;

  async function attempt(): Promise<void> {
    const startedMs = clock.monotonic();
    try {
      await options.run(stopping.signal);
      if (failures > 0) log.info('A background task works again.', { name, attempt: failures + 1 });
      failures = 0;
    } catch (error) {
      failures++;
      isAwake = false;
      if (stopping.signal.aborted) return;
      const durationMs = Math.round(clock.monotonic() - startedMs);
      log.error('A background task failed; it will be tried again.', {
        name,
        attempt: failures,
        durationMs,
        error,
      });
    }
  }

  function start(): void {
    timer = null;
    isAwake = false;
    running = attempt().then(() => {
      running = null;
      if (stopping.signal.aborted) return;
      timer = setTimeout(start, isAwake ? 0 : waitMs({ everyMs, failures }));
    });
  }

  function wake(): void {
    if (stopping.signal.aborted || isAwake) return;
    if (running !== null) isAwake = true;
    else if (failures === 0 && timer !== null) {
      isAwake = true;
      clearTimeout(timer);
      timer = setTimeout(start, 0);
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    if (timer !== null) clearTimeout(timer);
    timer = null;
    await running;
  }

  start();
  return Object.freeze({ wake, stop });
}

/** How long to wait after a run: `everyMs`, or after failures between half and the whole of a doubling time. */
export function waitMs(state: { everyMs: number; failures: number }): number {
  const { everyMs, failures } = state;
  if (failures === 0) return everyMs;
  const whole = Math.min(
    Math.max(everyMs, 1) * 2 ** Math.min(failures, DOUBLINGS_MAX),
    Math.max(BACK_OFF_MS_MAX, everyMs),
  );
  return Math.round(whole * (0.5 + randomFraction() / 2));
}
