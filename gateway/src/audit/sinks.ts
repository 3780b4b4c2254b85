import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentId, Log } from '#base';

/** Where signed checkpoints go, away from the store they vouch for. */
export interface CheckpointSink {
  readonly name: string;
  /** Resolves when the note is kept. It may be called again with the same note. */
  keep(environment: EnvironmentId, note: string, signal: AbortSignal): Promise<void>;
}

/** Hands notes to every sink without ever waiting for one. */
export interface Publisher {
  publish(environment: EnvironmentId, note: string): void;
  /** Hands over what is left, within twice the time limit of a sink. */
  drain(): Promise<void>;
}

export interface PublisherPorts {
  readonly sinks: readonly CheckpointSink[];
  readonly timeoutMs: number;
  readonly log: Log;
}

interface Spool {
  readonly sink: CheckpointSink;
  /** The newest of each environment that is not handed over yet. */
  readonly notes: Map<EnvironmentId, string>;
  running: Promise<void> | null;
}

/**
 * Each sink has a spool of the newest note of each environment: a slow or hanging sink delays nobody and loses only
 * checkpoints that a newer one supersedes. A failure is logged as an error and tried again with the next note.
 */
export function createPublisher({ sinks, timeoutMs, log }: PublisherPorts): Publisher {
  const spools = sinks.map((sink): Spool => ({ sink, notes: new Map(), running: null }));

  const handOver = async (spool: Spool): Promise<void> => {
    const { sink, notes } = spool;
    for (const [environment, note] of notes) {
      notes.delete(environment);
      try {
        await limited((signal) => sink.keep(environment, note, signal), timeoutMs);
      } catch (error) {
        log.error('a checkpoint could not be handed to a sink', { name: sink.name, environment, error });
        // Unless a newer one came meanwhile.
        if (!notes.has(environment)) notes.set(environment, note);
        break;
      }
    }
    spool.running = null; // at once: a note that comes from here on starts a run of its own
  };

  /** There must be a note. */
  const start = (spool: Spool): Promise<void> => (spool.running ??= handOver(spool));

  /** Once more for what came too late for the run under way, or was not kept by it. */
  const drainOne = async (spool: Spool): Promise<void> => {
    await spool.running;
    if (spool.notes.size > 0) await start(spool);
  };

  return {
    publish(environment, note) {
      for (const spool of spools) {
        spool.notes.set(environment, note);
        void start(spool);
      }
    },
    async drain() {
      const drained = Promise.all(spools.map(drainOne)).then(() => undefined);
      await limited(() => drained, timeoutMs * DRAIN_TIMEOUTS).catch((error: unknown) =>
        log.error('Not every checkpoint could be handed to a sink before the end.', { error }),
      );
    },
  };
}

/** Draining waits for the run under way and for one more note. */
const DRAIN_TIMEOUTS = 2;

/**
 * Keeps checkpoints as files: `<environment>.log` gets every note appended, `<environment>.checkpoint` is the newest.
 * Copy the directory to another machine, or mount one that this machine can only append to.
 */
export function fileCheckpointSink({ directory }: { directory: string }): CheckpointSink {
  return {
    name: 'file',
    async keep(environment, note) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await write(join(directory, `${environment}.log`), 'a', `${note}\n`);
      const path = join(directory, `${environment}.checkpoint`);
      await write(`${path}.new`, 'w', note);
      await rename(`${path}.new`, path);
    },
  };
}

async function write(path: string, flags: 'a' | 'w', text: string): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The work, or a rejection when its time is over: a sink that ignores its signal is left behind. */
async function limited(work: (signal: AbortSignal) => Promise<void>, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const over = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('time limit')), { once: true });
  });
  await Promise.race([work(signal), over]);
}
