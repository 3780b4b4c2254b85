/** A second signal within this time is an echo of the first: terminals, npm and supervisors each send their own. */
const ECHO_MS = 1_000;

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP; a later second one calls `force`. Who has another use for SIGHUP
 * names the others.
 *
 * @example await endingSignal(() => process.exit(130));
 */
export function endingSignal(
  force: () => void,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'],
): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | null = null;
    const hear = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (first === null) {
        first = now;
        resolve(signal);
      } else if (now - first > ECHO_MS) force();
    };
    for (const signal of signals) process.on(signal, hear);
  });
}
