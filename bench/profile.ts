import type { Profiler } from 'node:inspector';
import { table } from './report.ts';

const FUNCTIONS_SHOWN = 30;

/** Work by the innermost frame that says whose it is: a write below `pg` is the driver's, one below `node:_http` the listener's. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\/node_modules\/pg/, 'Postgres driver'],
  [/\/node_modules\/undici|\/gateway\/src\/outbound\//, 'calling out: undici, `outbound`'],
  [/\/gateway\/src\/keyring\//, 'sealing'],
  [/\/packages\/schemes\//, 'signature and duplicate key'],
  [/\/packages\/evidence\/|\/gateway\/src\/audit\//, 'entries of the log, and their tree'],
  [/\/gateway\/src\/store\//, 'transactions and batches'],
  [/\/gateway\/src\/(?:access|rates|environments)\//, 'who may come in, and how often'],
  [/\/gateway\/src\/(?:ingest|delivery|connections|platforms)\//, 'ingest, connections, delivery'],
  [/\/gateway\/src\/http\//, 'admission, bodies, answers (`http`)'],
  [/\/gateway\/src\/base\//, 'ids, clock, text (`base`)'],
  [/\/node_modules\/(?:fastify|find-my-way)\//, 'Fastify'],
  [/\/bench\//, 'the bench itself'],
  [/^node:(?:_http|https|_tls|internal\/tls|net)/, 'HTTP and TLS of Node'],
];

/** Where the processor time of the gateway went: by room and package, and by function, as Markdown. */
export function profileByRoom({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string {
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let total = 0;
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const partOf = (leaf: number): string => {
    const frame = byId.get(leaf);
    if (frame?.functionName === '(garbage collector)') return 'garbage collection';
    for (let at: number | undefined = leaf; at !== undefined; at = parents.get(at)) {
      const url = byId.get(at)?.url ?? '';
      const part = PARTS.find(([pattern]) => pattern.test(url));
      if (part !== undefined) return part[1];
    }
    return 'event loop, promises, streams of Node';
  };
  for (const [at, id] of samples.entries()) {
    const frame = byId.get(id);
    const microseconds = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const place = placeOf(frame.url, frame.functionName);
    const name = `${frame.functionName || '(anonymous)'} ${place}:${frame.lineNumber + 1}`;
    places.set(place, (places.get(place) ?? 0) + microseconds);
    functions.set(name, (functions.get(name) ?? 0) + microseconds);
    const part = partOf(id);
    parts.set(part, (parts.get(part) ?? 0) + microseconds);
    total += microseconds;
  }
  const rows = (times: ReadonlyMap<string, number>): string[][] =>
    [...times]
      .toSorted(([, left], [, right]) => right - left)
      .slice(0, FUNCTIONS_SHOWN)
      .map(([name, microseconds]) => [name, `${((microseconds / total) * 100).toFixed(1)} %`]);
  return `\n${table(['part', 'time'], rows(parts))}\n\n${table(['place', 'self time'], rows(places))}\n\n${table(['function', 'self time'], rows(functions))}\n`;
}

function placeOf(url: string, functionName: string): string {
  if (url === '') return functionName === '(garbage collector)' ? 'garbage collection' : 'native';
  if (url.startsWith('node:')) return /^node:(?:internal\/)?\w+/.exec(url)?.[0] ?? 'node';
  return (
    /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ??
    /\/gateway\/src\/(\w+)/.exec(url)?.[1] ??
    /\/(packages\/\w+)/.exec(url)?.[1] ??
    url
  );
}
