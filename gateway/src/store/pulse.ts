import type { Client } from 'pg';
import type { Log } from '#base';

/** Whether Postgres says anything, on whichever connection. */
export interface Pulse {
  /** Something was asked that is answered at once where anybody answers. */
  asked(): void;
  /** It said something. */
  heard(): void;
  /** Counts everything that comes over a connection as heard. */
  attend(client: Client): void;
  /** Whether what was asked has had no answer for `databaseSilentMs`, and nothing else was heard meanwhile. */
  isSilent(): boolean;
  close(): void;
}

/** An event loop that was held up has answers that it has not read yet: they get this long. */
const UNREAD_MS = 50;

/**
 * Tells a Postgres that hangs from one that is busy. Connections that stay open and say nothing end by no event: each would be
 * waited for until its own time limit, and the next one after it. The change feed asks every third of a second, on a connection of
 * its own, what costs nothing to answer; when neither that nor anything else is answered, nobody is there.
 */
export function createPulse(options: { silentMs: number; onSilent: () => void; log: Log }): Pulse {
  const { silentMs, onSilent, log } = options;
  let timer: NodeJS.Timeout | null = null;
  let isSilent = false;

  const heard = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (!isSilent) return;
    isSilent = false;
    log.info('Postgres answers again.', { name: 'store' });
  };

  const declare = (): void => {
    timer = null;
    isSilent = true;
    log.warn('Postgres does not answer; whoever asks for it is refused at once.', { name: 'store' });
    onSilent();
  };

  return {
    asked() {
      if (timer !== null || isSilent) return;
      timer = setTimeout(() => {
        timer = setTimeout(declare, UNREAD_MS);
      }, silentMs);
    },
    heard,
    attend: (client) => void client.connection.stream.on('data', heard),
    isSilent: () => isSilent,
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
