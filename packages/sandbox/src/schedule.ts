/** Timers that all end together, so that closing the sandbox leaves none behind. */
export interface Schedule {
  /** Runs `work` after `delayMs`; the answer cancels it. */
  after(delayMs: number, work: () => void): () => void;
  /** Resolves after `delayMs`, or at once when everything is cleared. */
  wait(delayMs: number): Promise<void>;
  clear(): void;
}

export function createSchedule(): Schedule {
  const waiting = new Set<{ timer: NodeJS.Timeout; onClear: () => void }>();
  let closed = false;

  function add(delayMs: number, work: () => void, onClear: () => void): () => void {
    if (closed) {
      onClear();
      return () => {};
    }
    const entry = {
      timer: setTimeout(() => {
        waiting.delete(entry);
        work();
      }, delayMs),
      onClear,
    };
    waiting.add(entry);
    return () => {
      clearTimeout(entry.timer);
      waiting.delete(entry);
    };
  }

  return {
    after: (delayMs, work) => add(delayMs, work, () => {}),
    wait: (delayMs) => new Promise((resolve) => add(delayMs, resolve, resolve)),
    clear() {
      closed = true;
      for (const { timer, onClear } of waiting) {
        clearTimeout(timer);
        onClear();
      }
      waiting.clear();
    },
  };
}
