import { createLogger, type Log } from '@sallyport/gateway/base';
import { type Terminal, visible } from './terminal.ts';

/** A log for short local commands: what happens is told on stderr, a line each. */
export function talkingLog(terminal: Terminal): Log {
  return createLogger({
    level: 'info',
    format: 'json',
    write: (line) => {
      const record: unknown = JSON.parse(line);
      if (typeof record !== 'object' || record === null || !('message' in record)) return;
      const name = 'name' in record && typeof record.name === 'string' ? ` (${record.name})` : '';
      terminal.say(terminal.paintTalk('dim', visible(`${String(record.message)}${name}`)));
    },
  });
}
