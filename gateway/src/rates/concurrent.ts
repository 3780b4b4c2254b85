/** Who is inside, by subject. */
export interface Concurrent {
  enter(subject: string, max: number): (() => void) | null;
}

/** Counts what is under way on this node. Remembers only who is inside, so it needs no bound of its own. */
export function createConcurrent(): Concurrent {
  const inside = new Map<string, number>();
  return {
    enter(subject, max) {
      const count = inside.get(subject) ?? 0;
      if (count >= max) return null;
      inside.set(subject, count + 1);
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        const left = (inside.get(subject) ?? 1) - 1;
        if (left > 0) inside.set(subject, left);
        else inside.delete(subject);
      };
    },
  };
}
