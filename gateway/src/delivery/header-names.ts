import { Fault } from '#base';

/** Fields that say how the message travels, whom it is for, or that it is ours: nobody else sets them. */
const OURS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const OURS_BEGIN = Object.freeze(['proxy-', 'webhook-', 'sallyport-']);
/** What the platform may have sent to us, and only to us. */
const NOT_PASSED: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie', 'forwarded']);

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/;
const FIELDS_MAX = 16;

/** The fields that a destination gets besides ours. `INVALID_REQUEST` names the field and never its value. */
export function checkHeaders(headers: Readonly<Record<string, string>>): readonly [string, string][] {
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value,
  ]);
  if (fields.length > FIELDS_MAX) throw refused('headers', `are more than ${FIELDS_MAX}`);
  if (new Set(fields.map(([name]) => name)).size < fields.length)
    throw refused('headers', 'name a field twice');
  for (const [name, value] of fields) {
    if (!isFree(name)) throw refused('headers', 'name a field that nobody else may set, or that is no field');
    if (!VALUE.test(value)) throw refused('headers', 'hold a value that is not visible ASCII');
  }
  return fields;
}

/** The names of a webhook's own fields that go on. `INVALID_REQUEST`. */
export function checkPassed(names: readonly string[]): readonly string[] {
  const lower = [...new Set(names.map((name) => name.toLowerCase()))];
  if (lower.length > FIELDS_MAX) throw refused('passHeaders', `are more than ${FIELDS_MAX}`);
  if (lower.every((name) => isFree(name) && !NOT_PASSED.has(name))) return lower;
  throw refused('passHeaders', 'name a field that is not passed on, or that is no field');
}

function isFree(name: string): boolean {
  return NAME.test(name) && !OURS.has(name) && !OURS_BEGIN.some((beginning) => name.startsWith(beginning));
}

function refused(field: string, problem: string): Fault {
  return new Fault('INVALID_REQUEST', { fields: [{ path: `body.${field}`, problem }] });
}
