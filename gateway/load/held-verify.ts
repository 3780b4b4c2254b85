export interface HeldFindings {
  readonly stored: number;
  /** Deliveries beyond the first of an event to a destination. Allowed. */
  readonly deliveredAgain: number;
  readonly problems: readonly string[];
}

const SHOWN_MAX = 20;

/**
 * Holds what was acknowledged against what is stored, and that against what destinations took; `/hanging` takes nothing while
 * it hangs.
 */
export function verifyHeld(given: {
  acknowledged: readonly number[];
  stored: readonly number[];
  taken: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  strange: number;
}): HeldFindings {
  const problems: string[] = [];
  const found = (what: string, numbers: readonly number[]): void => {
    if (numbers.length > 0)
      problems.push(`${numbers.length} ${what}: ${numbers.slice(0, SHOWN_MAX).join(', ')}`);
  };
  const stored = new Set(given.stored);
  if (stored.size !== given.stored.length)
    problems.push(`${given.stored.length - stored.size} webhooks are stored twice`);
  found(
    'were acknowledged and are not stored',
    given.acknowledged.filter((number) => !stored.has(number)),
  );
  const acknowledged = new Set(given.acknowledged);
  found(
    'are stored and were never acknowledged, though their sender never gave up',
    [...stored].filter((number) => !acknowledged.has(number)),
  );
  let deliveredAgain = 0;
  for (const path of ['/good', '/failing']) {
    const taken = new Map(given.taken[path] ?? []);
    for (const count of taken.values()) deliveredAgain += count - 1;
    found(
      `are stored and ${path} did not get them`,
      [...stored].filter((number) => !taken.has(number)),
    );
    found(
      `came to ${path} and are not stored`,
      [...taken.keys()].filter((number) => !stored.has(number)),
    );
  }
  if (given.strange > 0) problems.push(`${given.strange} deliveries were none of what was sent`);
  return { stored: stored.size, deliveredAgain, problems };
}
