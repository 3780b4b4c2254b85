import type { Page } from '@sallyport/gateway';

/** Every item of a list, page by page. */
export async function* every<Item>(list: List<Item>): AsyncGenerator<Item> {
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await list({ limit: PAGE_ITEMS, after });
    yield* items;
    if (next === null) return;
    after = next;
  }
}

/** The first item that is wanted, or `null`. */
export async function find<Item>(list: List<Item>, wanted: (item: Item) => boolean): Promise<Item | null> {
  for await (const item of every(list)) if (wanted(item)) return item;
  return null;
}

type List<Item> = (page: { limit: number; after?: string | undefined }) => Promise<Page<Item>>;

const PAGE_ITEMS = 200;
const PAGES_MAX = 50;
