import { setTimeout as wait } from 'node:timers/promises';
import { SallyportError, SDK_CODES } from '@sallyport/sdk';
import { Problem } from '../problem.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Runs calls of the gateway, again and again while it is away, and says so. */
export interface Patience {
  /**
   * The result; `null` when it was cancelled, or was to be tried again and `ended` says that nobody waits for it. Throws a
   * `Problem` for what waiting doesn't mend, and for everything until a first call has got through.
   */
  run<T>(work: () => Promise<T>, ended: AbortSignal): Promise<T | null>;
}

const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 10_000;
const DOUBLINGS_MAX = 10;
const PASSING: ReadonlySet<string> = new Set([
  'SDK_UNREACHABLE',
  'SDK_TIMED_OUT',
  'BUSY',
  'STORE_UNAVAILABLE',
  'AUDIT_UNAVAILABLE',
  'RATE_LIMITED',
  'INTERNAL',
]);

export function createPatience(terminal: Terminal, url: string): Patience {
  let hasReached = false;
  let failures = 0;

  return {
    async run(work, ended) {
      for (;;) {
        try {
          const result = await work();
          if (failures > 0) terminal.say(terminal.paintTalk('green', 'Connected again.'));
          failures = 0;
          hasReached = true;
          return result;
        } catch (thrown) {
          if (!(thrown instanceof SallyportError)) throw thrown;
          if (thrown.code === 'SDK_CANCELLED') return null;
          if (!hasReached || !isPassing(thrown)) throw problemOf(thrown, url);
          if (ended.aborted) return null;
          const waitMs = Math.max(backOffMs(failures), (thrown.retryAfterSeconds ?? 0) * 1_000);
          failures += 1;
          const text = `${failures === 1 ? 'The gateway is away' : 'Still away'} (${thrown.code}); trying again in ${(waitMs / 1_000).toFixed(1)} s …`;
          terminal.say(terminal.paintTalk('yellow', text));
          await wait(waitMs, undefined, { signal: ended }).catch(() => undefined);
          if (ended.aborted) return null;
        }
      }
    },
  };
}

/** What stands in between may answer in the place of a gateway that is away, in any form. */
function isPassing({ code, status }: SallyportError): boolean {
  return PASSING.has(code) || (code === 'SDK_RESPONSE_MALFORMED' && (status ?? 0) >= 500);
}

function backOffMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, DOUBLINGS_MAX), WAIT_MS_MAX);
}

function problemOf({ code, message, requestId: request }: SallyportError, url: string): Problem {
  if (code === 'SDK_UNREACHABLE' || code === 'SDK_TIMED_OUT')
    return new Problem({
      code: 'UNREACHABLE',
      message: `No gateway answers at ${url}.`,
      remedy: 'Start it (`npm start` here, `sallyport up` in production), or check SALLYPORT_URL.',
    });
  if (code === 'SDK_TLS_FAILED')
    return new Problem({
      code: 'TLS_UNTRUSTED',
      message: `The certificate of ${url} could not be verified.`,
      remedy: 'Name its authority with SALLYPORT_CA_FILE. Verification can not be switched off.',
    });
  if (Object.hasOwn(SDK_CODES, code))
    return new Problem({ code, message, remedy: 'Check SALLYPORT_URL.', request });
  // A problem of the gateway's: its title and what to do.
  const [title = message, ...rest] = message.split(': ');
  return new Problem({ code, message: title, remedy: rest.join(': '), request });
}
