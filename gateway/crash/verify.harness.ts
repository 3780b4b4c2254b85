import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEntry, verifyCheckpoint, verifyExport } from '@sallyport/evidence';
import type { PullResult } from './load.harness.ts';
import { pagesOf, type Replayable, type ReplayFindings, verifyDeliveries } from './replays.harness.ts';
import type { Place, Setup } from './setup.harness.ts';
import { campaignOwnEvent, campaignWebhook } from './webhook.ts';

/** What a campaign counted, and everything that is wrong. */
export interface Findings extends ReplayFindings {
  readonly acknowledged: number;
  readonly stored: number;
  /** Stored, and never acknowledged: the gateway died between the two. Allowed. */
  readonly unacknowledged: number;
  readonly delivered: number;
  /** Deliveries beyond the first of an event, and those that replays made. Allowed. */
  readonly deliveredAgain: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** Of the calls that the log says were begun: the requests that they came with. */
  readonly calls: ReadonlySet<string>;
  readonly problems: readonly string[];
}

/** What senders say was acknowledged. */
export interface Acknowledged {
  /** Number of the webhook, and the id it was acknowledged with. */
  readonly acknowledged: readonly (readonly [number: number, event: string])[];
  /** The same of the application's own events. */
  readonly own: readonly (readonly [number: number, event: string])[];
  /** What must never happen, as they saw it. */
  readonly violations: readonly string[];
  /** What was pulled; `null` where nobody pulls. */
  readonly pull: PullResult | null;
  /** When gateways were killed, to tell which replays were under way. */
  readonly killedAtMs?: readonly number[];
}

interface StoredEvent extends Replayable {
  readonly digest: string;
  readonly platformEvent: string | null;
}

const PROBLEMS_MAX = 50;

/** Holds what was acknowledged, stored, delivered and logged against each other. The gateway must be running. */
export async function verifyCampaign(setup: Setup, load: Acknowledged, seed: string): Promise<Findings> {
  const problems: string[] = [
    ...load.violations,
    ...(load.pull?.violations ?? []),
    ...setup.receiver.violations,
  ];
  const wrong = (text: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(text);
  };
  const byDigest = new Map<string, string>();
  const digests = new Map<string, string>();
  const calls = new Set<string>();
  const replays = { replays: 0, replaysCut: 0, replayed: 0, replayedSent: 0 };
  let entries = 0;
  let checkpoints = 0;
  for (const place of setup.places) {
    const events = await pagesOf<StoredEvent>(setup, place, 'events');
    const logged = await logOf(setup, place, wrong);
    entries += logged.entries;
    for (const request of logged.calls) calls.add(request);
    checkpoints += logged.checkpoints;
    for (const { id, digest } of events) {
      if (byDigest.has(digest)) wrong(`${id} and ${byDigest.get(digest)} are the same webhook stored twice`);
      byDigest.set(digest, id);
      digests.set(id, digest);
      const named = logged.events.get(id);
      if (named === undefined) wrong(`${id} is stored and the log does not name it`);
      else if (named.length > 1) wrong(`${id} is named ${named.length} times in the log`);
      else if (named[0] !== digest) wrong(`${id} has another digest in the log`);
      logged.events.delete(id);
    }
    for (const id of logged.events.keys()) wrong(`${id} is in the log and not stored`);
    const names = events.flatMap(({ platformEvent }) => platformEvent ?? []);
    const made = await verifyDeliveries(setup, { place, events, killedAtMs: load.killedAtMs ?? [] }, wrong);
    for (const name of ['replays', 'replaysCut', 'replayed', 'replayedSent'] as const)
      replays[name] += made[name];
    if (new Set(names).size !== names.length) wrong('an id of the platform is stored twice');
  }

  const held = (what: string, { id, digest }: { id: string; digest: string }): void => {
    if (digests.get(id) !== digest) wrong(`${what} was acknowledged as ${id} and is not stored so`);
    if (byDigest.get(digest) !== id) wrong(`${what} was acknowledged as ${id} and stored otherwise`);
  };
  for (const [number, id] of load.acknowledged)
    held(`webhook ${number}`, { id, digest: campaignWebhook(seed, number).digest });
  for (const [number, id] of load.own)
    held(`own event ${number}`, { id, digest: campaignOwnEvent(seed, number).digest });
  let deliveredAgain = 0;
  for (const [id, { digest, count }] of setup.receiver.events) {
    deliveredAgain += count - 1;
    if (!digests.has(id)) wrong(`${id} was delivered and is not stored`);
    else if (digests.get(id) !== digest) wrong(`${id} was delivered with another body than it came with`);
  }
  for (const id of digests.keys()) {
    if (!setup.receiver.events.has(id)) wrong(`${id} is stored and was never delivered`);
  }
  if (load.pull !== null) {
    const pulled = new Map(load.pull.events);
    for (const [id, digest] of pulled)
      if (digests.get(id) !== digest) wrong(`${id} was pulled and is not stored so`);
    for (const id of digests.keys()) if (!pulled.has(id)) wrong(`${id} is stored and was never pulled`);
  }
  return {
    ...replays,
    acknowledged: load.acknowledged.length + load.own.length,
    stored: digests.size,
    unacknowledged: digests.size - new Set([...load.acknowledged, ...load.own].map(([, id]) => id)).size,
    delivered: setup.receiver.events.size,
    deliveredAgain: deliveredAgain - replays.replayedSent,
    entries,
    checkpoints,
    calls,
    problems,
  };
}

/** Tells whether anything is still to be delivered. */
export async function isDelivering({ call, places }: Setup): Promise<boolean> {
  for (const { adminKey } of places) {
    const answer = await call({ path: '/admin/v1/deliveries?state=due&limit=1', key: adminKey });
    if (answer.status !== 200 || answer.json<{ items: unknown[] }>().items.length > 0) return true;
  }
  return false;
}

/** The log of one environment: verified offline, also against every checkpoint that had left the gateway before. */
async function logOf(setup: Setup, place: Place, wrong: (text: string) => void) {
  const { adminKey, verifierKey, environment } = place;
  const exported = await setup.call({ path: '/admin/v1/audit/export', key: adminKey });
  const lines = exported.text.trimEnd().split('\n');
  const knownCheckpoints = await publishedCheckpoints(setup.directory, place);
  const report = await verifyExport(lines, { verifierKey, knownCheckpoints });
  for (const problem of report.problems) wrong(`log of ${environment}: ${JSON.stringify(problem)}`);
  if (!report.ok) wrong(`the log of ${environment} does not verify`);
  const events = new Map<string, string[]>();
  const calls: string[] = [];
  for (const line of lines) {
    if (!line.startsWith('{"type":"entry"')) continue;
    const { entry } = JSON.parse(line) as { entry: string };
    const { action, request, details } = parseEntry(Buffer.from(entry, 'base64'));
    if (action === 'call.started') {
      const listed = (details['calls'] ?? [{ request }]) as unknown as { request: string }[];
      calls.push(...listed.map(({ request }) => request));
    }
    if (action !== 'event.stored') continue;
    for (const [id = '', , digest = ''] of details['events'] as unknown as [string, string, string][]) {
      events.set(id, [...(events.get(id) ?? []), digest]);
    }
  }
  return { events, calls, entries: report.entries, checkpoints: knownCheckpoints.length };
}

/** What the file sink kept. A note that a kill cut off in the middle is none. */
async function publishedCheckpoints(
  directory: string,
  { environment, verifierKey }: Place,
): Promise<string[]> {
  const text = await readFile(join(directory, 'checkpoints', `${environment}.log`), 'utf8');
  return text
    .split(new RegExp(`^(?=sallyport/${environment}\n)`, 'm'))
    .map((note) => note.replace(/\n\n$/, '\n'))
    .filter((note) => verifyCheckpoint(note, verifierKey).ok);
}
