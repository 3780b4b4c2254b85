import { setTimeout as delay } from 'node:timers/promises';
import { type EventId, idTimeMs, isoTime } from '#base';
import type { Place, Setup } from './setup.harness.ts';

/** An event as far as a replay looks at it. */
export interface Replayable {
  readonly id: EventId;
  readonly endpoint: string | null;
  readonly type: string | null;
}

export interface ReplayFindings {
  readonly replays: number;
  /** During which a gateway was killed. */
  readonly replaysCut: number;
  /** Deliveries that they made, and those of them to where events are sent. */
  readonly replayed: number;
  readonly replayedSent: number;
}

interface Replay {
  readonly id: string;
  readonly state: string;
  readonly deliveries: number;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly query: {
    readonly from: string;
    readonly to: string;
    readonly type?: string;
    readonly endpoint?: string;
    readonly destination?: string;
  };
}

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly destination: string;
  readonly state: string;
}

/** How far back a replay reaches. */
const REACH_MS = 30_000;
const PAGE = 200;
const POLL_MS = 100;
const OVER_TIMEOUT_MS = 60_000;

/**
 * Begins a replay by a filter, of events that came in before a moment. None of those may be under way any more, or nobody could
 * say which it has to choose: their node was dead by then. A gateway that is killed over it may have begun it or not; `true` where it said so.
 */
export async function beginReplay(
  setup: Setup,
  { chance, beforeMs }: { chance: () => number; beforeMs: number },
): Promise<boolean> {
  const place = setup.places[Math.floor(chance() * setup.places.length)];
  if (place === undefined) return false;
  const filters = [{}, { type: 'invoice.*' }, { endpoint: place.endpoint.id }, { destination: place.push }];
  const filter = filters[Math.floor(chance() * filters.length)] ?? {};
  return ask(setup, place, { beforeMs, filter }).then(
    ({ status }) => status < 300,
    () => false,
  );
}

/** Begins one of everything that came in lately, in each place: however quickly its gateways were killed, a campaign has these. */
export async function beginReplays(setup: Setup, beforeMs: number): Promise<void> {
  for (const place of setup.places) {
    const { status } = await ask(setup, place, { beforeMs, filter: {} });
    if (status >= 300) throw new Error(`a replay was answered ${status}`);
  }
}

function ask(
  { call }: Setup,
  { adminKey }: Place,
  { beforeMs, filter }: { beforeMs: number; filter: object },
): ReturnType<Setup['call']> {
  const body = { from: isoTime(beforeMs - REACH_MS), to: isoTime(beforeMs), only: 'all', ...filter };
  return call({ method: 'POST', path: '/admin/v1/replays', key: adminKey, body });
}

/** Waits until every replay that was begun is over. */
export async function replaysOver(setup: Setup): Promise<void> {
  for (const until = performance.now() + OVER_TIMEOUT_MS; performance.now() < until; await delay(POLL_MS)) {
    const all = await Promise.all(setup.places.map((place) => pagesOf<Replay>(setup, place, 'replays')));
    if (all.flat().every(({ state }) => state !== 'running')) return;
  }
}

/**
 * Holds the deliveries of a place against what there have to be: of each event one to each destination for its arrival, and one for each
 * replay that chose it. Every one of them delivered.
 */
export async function verifyDeliveries(
  setup: Setup,
  {
    place,
    events,
    killedAtMs,
  }: { place: Place; events: readonly Replayable[]; killedAtMs: readonly number[] },
  wrong: (text: string) => void,
): Promise<ReplayFindings> {
  const destinations = [place.push, place.pull].filter((id) => id !== null);
  const due = new Map<string, number>();
  const expect = (event: string, destination: string): void => {
    const pair = `${event} to ${destination}`;
    due.set(pair, (due.get(pair) ?? 0) + 1);
  };
  for (const { id } of events) for (const destination of destinations) expect(id, destination);
  const replays = await pagesOf<Replay>(setup, place, 'replays');
  let [replaysCut, replayed, replayedSent] = [0, 0, 0];
  for (const { id, state, query, deliveries, createdAt, changedAt } of replays) {
    if (state !== 'finished') wrong(`${id} is ${state}`);
    const to = query.destination === undefined ? destinations : [query.destination];
    const chosen = events.filter((event) => isChosen(event, query));
    for (const event of chosen) for (const destination of to) expect(event.id, destination);
    if (deliveries !== chosen.length * to.length)
      wrong(`${id} made ${deliveries} deliveries of ${chosen.length} events`);
    const [from, until] = [Date.parse(createdAt), Date.parse(changedAt)];
    if (killedAtMs.some((atMs) => from < atMs && atMs < until)) replaysCut += 1;
    replayed += deliveries;
    replayedSent += to.includes(place.push) ? chosen.length : 0;
  }
  for (const { id, event, destination, state } of await pagesOf<Delivery>(setup, place, 'deliveries')) {
    if (state !== 'delivered') wrong(`${id} is ${state}`);
    const pair = `${event} to ${destination}`;
    due.set(pair, (due.get(pair) ?? 0) - 1);
  }
  for (const [pair, count] of due) {
    if (count > 0) wrong(`${pair}: ${count} deliveries are missing`);
    if (count < 0) wrong(`${pair}: ${-count} deliveries too many`);
  }
  return { replays: replays.length, replaysCut, replayed, replayedSent };
}

function isChosen({ id, type, endpoint }: Replayable, query: Replay['query']): boolean {
  const atMs = idTimeMs(id);
  return (
    atMs >= Date.parse(query.from) &&
    atMs < Date.parse(query.to) &&
    (query.type === undefined || type?.startsWith(query.type.replace(/\*$/, '')) === true) &&
    (query.endpoint === undefined || endpoint === query.endpoint)
  );
}

/** All of a list of the administration. */
export async function pagesOf<Item>(
  { call }: Pick<Setup, 'call'>,
  { adminKey }: Place,
  list: 'events' | 'deliveries' | 'replays',
): Promise<Item[]> {
  const items: Item[] = [];
  for (let after = ''; ; ) {
    const query = `limit=${PAGE}${after === '' ? '' : `&after=${after}`}`;
    const answer = await call({ path: `/admin/v1/${list}?${query}`, key: adminKey });
    if (answer.status !== 200) throw new Error(`the list of ${list} was answered ${answer.status}`);
    const page = answer.json<{ items: Item[]; next: string | null }>();
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}
