import { Fault, isJsonType, type Limits, parseJsonExactly } from '#base';
import { checkRequest, type RequestRule } from '#platforms';
import type { OpenConnection } from './credentials.ts';
import { type CallerBody, type ForwardBody, wholeBody } from './forward-body.ts';
import { pathReadings, segmentsOf } from './path-readings.ts';

/** What is looked at of a call before it may be made. */
export interface CheckedCall extends CallerBody {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

/**
 * The body of a call that the platform's profile describes, read whole and checked (K16, K17), to be sent byte for byte as
 * it came; `null` for every other call, whose body is left alone.
 *
 * Throws `REQUEST_SCHEMA` with the fields that are wrong, `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_BODY`, `BODY_TOO_LARGE` and
 * `LENGTH_MISMATCH`.
 */
export async function checkedBody(
  call: CheckedCall,
  { connection, limits }: { connection: OpenConnection; limits: Limits },
): Promise<ForwardBody | null> {
  const { platform, requestChecks } = connection;
  if (requestChecks === 'off') return null;
  const rules = rulesFor(call, platform.requests);
  if (rules.length === 0) return null;
  // One type and no encoding, or the platform might read other bytes than we do.
  if (!isJsonType(only(call, 'content-type')) || only(call, 'content-encoding') !== undefined)
    throw new Fault('UNSUPPORTED_MEDIA_TYPE');
  const content = await wholeBody(call, limits.forwardCheckedBodyBytesMax);
  const body = parseJsonExactly(content);
  const strict = requestChecks === 'strict';
  const fields = rules.flatMap(({ body: shape }) => checkRequest({ shape, body, strict }));
  if (fields.length > 0) throw new Fault('REQUEST_SCHEMA', { fields });
  return { content, repeatable: content.length <= limits.forwardRepeatBytesMax };
}

/** Every rule that the platform might see the call under, however its path is spelt. */
function rulesFor({ method, target }: CheckedCall, rules: readonly RequestRule[]): readonly RequestRule[] {
  const candidates = rules.filter((rule) => rule.method === method);
  if (candidates.length === 0) return [];
  const readings = pathReadings(target);
  return candidates.filter((rule) => {
    const pattern = segmentsOf(rule.path);
    return readings.some(
      (path) =>
        path.length === pattern.length &&
        pattern.every((segment, at) => segment.startsWith('{') || segment === path[at]),
    );
  });
}

/** The value of a header that is sent once; all of them, which is no type, when it is repeated. */
function only({ headers }: CheckedCall, name: string): string | undefined {
  const values = headers.flatMap(([given, value]) => (given.toLowerCase() === name ? [value] : []));
  return values.length > 1 ? values.join(', ') : values[0];
}
