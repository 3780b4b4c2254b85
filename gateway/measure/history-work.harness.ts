import { sign } from '@sallyport/schemes';
import type { Side } from './history.harness.ts';

type Note = (what: string, requestMs: number) => void;

const WEBHOOKS = 1_000;
const CONNECTIONS = 32;
const ASKED_TIMES = 15;
const SECRET = Buffer.from('a-secret-of-the-measurement');
const PAGE = 'limit=50';

/** Webhooks come in while nothing is delivered; how many. */
export async function receiveSome(side: Side, round: string, note: Note): Promise<number> {
  await setState(side, 'paused');
  let next = 0;
  const begunMs = performance.now();
  const worker = async (): Promise<void> => {
    for (let number = next++; number < WEBHOOKS; number = next++) {
      const body = Buffer.from(
        `{"id":"whk_${round}_${number}","type":"order.type_1","data":{"orderId":"ord_${number}","amount":1}}`,
      );
      const headers = Object.fromEntries(
        sign({ scheme: 'koywe', secrets: [SECRET], body, nowMs: Date.now() }).headers,
      );
      const path = side.endpoints[number % 4]?.path ?? '';
      const { status, text } = await side.call({ method: 'POST', path, headers, body });
      if (status !== 200) throw new Error(`a webhook was answered ${status}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  note('receive a webhook, 32 at a time', (performance.now() - begunMs) / WEBHOOKS);
  return WEBHOOKS;
}

/** What came in is claimed, sent and settled. */
export async function deliverSome(side: Side, count: number, note: Note): Promise<void> {
  const all = side.application.more(count);
  const begunMs = performance.now();
  await setState(side, 'active');
  await all;
  note('deliver an event: claim, send, settle', (performance.now() - begunMs) / count);
}

/** Lists, with and without filters; the needles are the oldest there are. */
export async function askLists(side: Side, reset: () => void, note: Note): Promise<void> {
  const { endpoints, destinations } = side;
  const newest = await page(side, `/admin/v1/events?${PAGE}`);
  const [common, oldest] = [endpoints[0]?.id ?? '', endpoints[4]?.id ?? ''];
  const middle = middleOf(newest.next ?? '');
  const lists: readonly (readonly [string, string])[] = [
    ['events, newest page', `/admin/v1/events?${PAGE}`],
    ['events, a page in the middle', `/admin/v1/events?${PAGE}&after=${middle}`],
    ['events of a busy endpoint', `/admin/v1/events?${PAGE}&endpoint=${common}`],
    ['events of an endpoint with the oldest alone', `/admin/v1/events?${PAGE}&endpoint=${oldest}`],
    ['events of a common type', `/admin/v1/events?${PAGE}&type=order.type_0`],
    ['events of a type of the oldest alone', `/admin/v1/events?${PAGE}&type=oldest.type`],
    ['one event', `/admin/v1/events/${newest.first}`],
    ['deliveries, newest page', `/admin/v1/deliveries?${PAGE}`],
    ['deliveries of one event', `/admin/v1/deliveries?${PAGE}&event=${newest.first}`],
    ['deliveries to a busy destination', `/admin/v1/deliveries?${PAGE}&destination=${destinations[0]}`],
    [
      'deliveries to a destination with the oldest alone',
      `/admin/v1/deliveries?${PAGE}&destination=${destinations[1]}`,
    ],
    ['deliveries that are dead, the oldest alone', `/admin/v1/deliveries?${PAGE}&state=dead`],
    ['deliveries that are due', `/admin/v1/deliveries?${PAGE}&state=due`],
  ];
  for (const [what, path] of lists) {
    reset();
    const times: number[] = [];
    for (let time = 0; time < ASKED_TIMES; time += 1) {
      const begunMs = performance.now();
      const { status, text } = await side.call({ path, key: side.adminKey });
      if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
      times.push(performance.now() - begunMs);
    }
    note(what, times.toSorted((one, other) => one - other)[Math.floor(ASKED_TIMES / 2)] ?? 0);
  }
}

async function page(side: Side, path: string): Promise<{ first: string; next: string | null }> {
  const answer = await side.call({ path, key: side.adminKey });
  const { items, next } = answer.json<{ items: { id: string }[]; next: string | null }>();
  return { first: items[0]?.id ?? '', next };
}

/** An id of two weeks ago: ids begin with their time, in the alphabet of base 32. */
function middleOf(id: string): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let ms = -14 * 86_400_000;
  for (let at = 0; at < 10; at += 1) ms += alphabet.indexOf(id[4 + at] ?? '0') * 32 ** (9 - at);
  let text = '';
  for (let at = 0; at < 10; at += 1) {
    text = `${alphabet[ms % 32]}${text}`;
    ms = Math.floor(ms / 32);
  }
  return `evt_${text}${'0'.repeat(16)}`;
}

async function setState({ call, destinations, adminKey }: Side, state: 'active' | 'paused'): Promise<void> {
  const path = `/admin/v1/destinations/${destinations[0]}`;
  const { status } = await call({ method: 'PATCH', path, key: adminKey, body: { state } });
  if (status !== 200) throw new Error(`the destination was not changed: ${status}`);
}
