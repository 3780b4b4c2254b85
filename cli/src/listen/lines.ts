import type { PulledEvent } from '@sallyport/sdk';
import { type Terminal, visible } from '../terminal/terminal.ts';
import type { Forwarded } from './forward.ts';

const TYPE_CHARACTERS = 24;

/**
 * One line for each event that was forwarded: time, how it went, type, id, and what is special about it.
 *
 * @example `12:30:01  ✓  200    12 ms  order.paid                evt_01k…`
 */
export function lineOf(
  terminal: Terminal,
  { event, result, isReplay, againSeconds }: Told & { readonly againSeconds: number },
): string {
  const { paint } = terminal;
  const { ok, status, reason, durationMs } = result;
  const notes = [
    ...(isReplay ? ['replayed'] : []),
    ...(event.attempt > 1 && !isReplay ? [`given ${event.attempt} times`] : []),
    ...(ok || isReplay ? [] : [`comes again in ${againSeconds} s`]),
  ];
  return [
    paint('dim', new Date().toTimeString().slice(0, 8)),
    paint(ok ? 'green' : 'red', `${ok ? '✓' : '✗'}  ${visible(String(status ?? reason))}`),
    paint('dim', `${durationMs} ms`.padStart(8)),
    paint('bold', visible(event.type ?? 'no type').padEnd(TYPE_CHARACTERS)),
    event.id,
    ...(notes.length === 0 ? [] : [paint('dim', notes.join(', '))]),
  ].join('  ');
}

export interface Told {
  readonly event: PulledEvent;
  readonly result: Forwarded;
  readonly isReplay: boolean;
}

/** The same for programs. */
export function documentOf({ event, result, isReplay }: Told): object {
  const { id, delivery, type, platform, attempt, receivedAt } = event;
  return { event: id, delivery, type, platform, attempt, receivedAt, replay: isReplay, ...result };
}
