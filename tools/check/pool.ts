/**
 * Runs `work` over every item, at most `lanes` at a time, in order; starts nothing new once `stop` is aborted.
 * @example await runPool({ items: files, lanes: 2, stop }, runOne);
 */
export async function runPool<Item>(
  {
    items,
    lanes,
    stop,
  }: { readonly items: readonly Item[]; readonly lanes: number; readonly stop: AbortSignal },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (stop.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
