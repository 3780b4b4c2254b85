import type { Client } from 'pg';
import type { Clock, Log } from '#base';

/** Whether Postgres says anything, on whichever connection. */
export interface Pulse {
  /** Something was asked that is answered at once where anybody answers. */
  asked(): void;
  /** What was asked is answered. */
  answered(): void;
  /** Counts everything that comes over a connection as heard. */
  attend(client: Client): void;
  /** Calls back each time that nobody is there, until the function given back is called. */
  onSilent(end: () => void): () => void;
  /** Whether something asked has no answer, and nothing else was heard for `databaseSilentMs`. */
  isSilent(): boolean;
  close(): void;
}

/** An event loop that was held up has answers that it has not read yet: they get this long. */
const UNREAD_MS = 50;

/**
 * Tells a Postgres that hangs from one that is busy. Connections that stay open and say nothing end by no event: each would be
 * waited for until its own time limit, and the next one after it. The change feed asks every third of a second, on a connection of
 * its own, what costs nothing to answer; when neither that nor anything else is answered, nobody is there.
 *
 * A question stays asked until it is answered itself: what others hear meanwhile puts off that nobody is there, and no more.
 */
export function createPulse(options: { silentMs: number; clock: Clock; log: Log }): Pulse {
  const { silentMs, clock, log } = options;
  const ends = new Set<() => void>();
  let isAsked = false;
  let isSilent = false;
  /** When the question was asked or, if that is later, something was last heard. */
  let lastMs = 0;
  let timer: NodeJS.Timeout | null = null;

  const heard = (): void => {
    lastMs = clock.monotonic();
    if (!isSilent) return;
    isSilent = false;
    log.info('Postgres answers again.', { name: 'store' });
    if (isAsked) watch();
  };

  const rest = (): void => {
    isAsked = false;
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  /** Looks again when the silence can have lasted long enough. */
  function watch(): void {
    const leftMs = lastMs + silentMs - clock.monotonic();
    if (leftMs > 0) timer = setTimeout(watch, leftMs);
    else timer = setTimeout(declare, UNREAD_MS, lastMs);
  }

  function declare(sinceMs: number): void {
    if (lastMs !== sinceMs) {
      watch();
      return;
    }
    timer = null;
    isSilent = true;
    log.warn('Postgres does not answer; whoever asks for it is refused at once.', { name: 'store' });
    for (const end of ends) end();
  }

  return {
    asked() {
      if (isAsked) return;
      isAsked = true;
      lastMs = clock.monotonic();
      if (!isSilent) watch();
    },
    answered() {
      heard();
      rest();
    },
    attend: (client) => void client.connection.stream.on('data', heard),
    onSilent(end) {
      ends.add(end);
      return () => void ends.delete(end);
    },
    isSilent: () => isSilent,
    close: rest,
  };
}
