import type { Profiler } from 'node:inspector';
import { table } from './report.ts';

const FUNCTIONS_SHOWN = 30;

/** Where the processor time of the gateway went: by room and package, and by function, as Markdown. */
export function profileByRoom({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string {
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  for (const [at, id] of samples.entries()) {
    const frame = byId.get(id);
    const microseconds = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const place = placeOf(frame.url, frame.functionName);
    const name = `${frame.functionName || '(anonymous)'} ${place}:${frame.lineNumber + 1}`;
    places.set(place, (places.get(place) ?? 0) + microseconds);
    functions.set(name, (functions.get(name) ?? 0) + microseconds);
    total += microseconds;
  }
  const rows = (times: ReadonlyMap<string, number>): string[][] =>
    [...times]
      .toSorted(([, left], [, right]) => right - left)
      .slice(0, FUNCTIONS_SHOWN)
      .map(([name, microseconds]) => [name, `${((microseconds / total) * 100).toFixed(1)} %`]);
  return `\n${table(['place', 'self time'], rows(places))}\n\n${table(['function', 'self time'], rows(functions))}\n`;
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
