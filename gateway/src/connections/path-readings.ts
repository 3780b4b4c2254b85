import { Fault } from '#base';

/** Percent-encoding is undone this often; a path that still changes then is refused as ambiguous. */
const DECODINGS_MAX = 4;

/**
 * The segments of a path, as any server behind us might read it: percent-encoding undone once or several times over,
 * letter case folded, path parameters (`;x`), empty segments and white space ignored, a decoded `?` or `#` taken for the
 * end, dot segments taken as they are or resolved.
 *
 * Throws `AMBIGUOUS_PATH` for an encoding that isn't UTF-8, or that hides another and another.
 *
 * @example pathReadings('/api;v=1/V1/%61uth?x').at(-1) // ['api', 'v1', 'auth']
 */
export function pathReadings(target: string): readonly (readonly string[])[] {
  return decodingsOf(target.split('?', 1)[0] ?? '').flatMap((path) => {
    const segments = segmentsOf(path);
    return [segments, resolved(segments)];
  });
}

/** The path as sent, and after each decoding. */
function decodingsOf(path: string): readonly string[] {
  const readings = [path];
  for (let reading = path; ; ) {
    const next = decoded(reading, readings.length === 1);
    if (next === reading) return readings;
    if (readings.length > DECODINGS_MAX) throw new Fault('AMBIGUOUS_PATH');
    readings.push(next);
    reading = next;
  }
}

/** What was sent must be encoded well; what comes out of it may hold a percent sign of its own. */
function decoded(path: string, asSent: boolean): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    if (!asSent) return path.replace(ENCODED_RUN, decodedRun);
    throw new Fault('AMBIGUOUS_PATH', { cause });
  }
}

const ENCODED_RUN = /(?:%[0-9A-Fa-f]{2})+/g;

/** A run of encoded bytes as a lenient reader takes it: what isn't UTF-8 stands for something, but hides nothing around it. */
function decodedRun(run: string): string {
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
}

/** How the segments of a path are compared. */
export function segmentsOf(path: string): readonly string[] {
  return path
    .normalize('NFKC')
    .split(/[/\\]/)
    .map((segment) => (segment.split(/[;?#]/, 1)[0] ?? '').trim().toLowerCase())
    .filter((segment) => segment !== '');
}

function resolved(segments: readonly string[]): readonly string[] {
  const path: string[] = [];
  for (const segment of segments) {
    if (segment === '..') path.pop();
    else if (segment !== '.') path.push(segment);
  }
  return path;
}
