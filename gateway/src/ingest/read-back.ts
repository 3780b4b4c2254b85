import { Fault, JsonNumber, parseJsonExactly, type ReadBack, textOf } from '#base';
import { type ConfirmSettings, placesIn } from './confirm-settings.ts';
import type { EndpointInUse } from './endpoint-in-use.ts';
import { unmetBy, valueAt } from './expectations.ts';
import { matchesType } from './type-pattern.ts';

/** What the platform says of an event. */
export type ReadBackVerdict =
  | { readonly is: 'so'; readonly target: string; readonly answer: Uint8Array }
  /** Not, or not yet: platforms answer from copies that lag behind their webhooks. */
  | { readonly is: 'not-so'; readonly reason: string; readonly detail: string | null }
  /** Nothing can be asked about it, however long one waits. */
  | { readonly is: 'unaskable'; readonly reason: string; readonly detail: string | null }
  /** The platform couldn't be asked, or didn't answer. */
  | { readonly is: 'unknown'; readonly reason: string };

/** What goes into a path: nothing that could lead elsewhere. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9._~:-]{0,127}$/;

/** Asks the platform about an event, by the endpoint's settings. Throws only what is no answer about the event at all. */
export async function readBack(
  { environment, settings }: Pick<EndpointInUse, 'environment' | 'settings'>,
  event: { readonly type: string | null; readonly body: Uint8Array },
  port: ReadBack,
): Promise<ReadBackVerdict> {
  const { confirm } = settings;
  if (confirm === null) return { is: 'unaskable', reason: 'confirm-removed', detail: null };
  const said = fieldsOf(event.body);
  const target = targetOf(confirm, said);
  if (target === null) return { is: 'unaskable', reason: 'unreadable', detail: 'confirm.path' };
  let answer: { readonly status: number; readonly body: Uint8Array };
  try {
    answer = await port.read({ environment, connection: confirm.connection, target });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { is: 'unknown', reason: thrown.code };
  }
  if (answer.status === 404 || answer.status === 410)
    return { is: 'not-so', reason: 'not-found', detail: null };
  if (answer.status !== 200) return { is: 'unknown', reason: `status-${answer.status}` };
  return compared(confirm, { type: event.type, said, target, answer: answer.body });
}

function compared(
  { compare, expect }: ConfirmSettings,
  {
    type,
    said,
    target,
    answer,
  }: {
    readonly type: string | null;
    readonly said: unknown;
    readonly target: string;
    readonly answer: Uint8Array;
  },
): ReadBackVerdict {
  if (type === null && expect.some(({ types }) => types !== '*'))
    return { is: 'unaskable', reason: 'unreadable', detail: 'type' };
  const value = fieldsOf(answer);
  const isChecked = compare.length > 0 || expect.some(({ types }) => matchesType(types, type));
  if (!isChecked) return { is: 'so', target, answer };
  if (value === null) return { is: 'unknown', reason: 'answer-unreadable' };
  const differs = compare.findIndex(
    (pair) => !sameText(valueAt(said, pair.event), valueAt(value, pair.answer)),
  );
  if (differs >= 0) return { is: 'not-so', reason: 'differs', detail: `confirm.compare[${differs}]` };
  const unmet = unmetBy(expect, { type, value });
  if (unmet !== null) return { is: 'not-so', reason: 'differs', detail: `confirm.expect[${unmet}]` };
  return { is: 'so', target, answer };
}

/** What is asked for about a body, by an endpoint's settings; `null` when it names nothing that could be. */
export function readBackTarget(confirm: ConfirmSettings, body: Uint8Array): string | null {
  return targetOf(confirm, fieldsOf(body));
}

/** Texts, numbers and truth values; what isn't there is like nothing, and a number is like the text that writes it so. */
function sameText(one: unknown, other: unknown): boolean {
  const text = textOfValue(one);
  return text !== null && text === textOfValue(other);
}

function textOfValue(value: unknown): string | null {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : null;
}

function targetOf({ path }: ConfirmSettings, said: unknown): string | null {
  let target = path;
  for (const place of placesIn(path) ?? []) {
    const text = textOfValue(valueAt(said, place.split('.')));
    if (text === null || !PLAIN.test(text) || text.includes('..')) return null;
    target = target.replaceAll(`{${place}}`, text);
  }
  return target;
}

/** A body as JSON, or as a form; `null` when it is neither. */
function fieldsOf(body: Uint8Array): unknown {
  try {
    return parseJsonExactly(body);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
  }
  try {
    const text = textOf(body);
    if (!/^[A-Za-z0-9_.%+&=~*-]{1,4096}$/.test(text)) return null;
    const fields = [...new URLSearchParams(text)];
    // A field that is there twice has two readings.
    return new Set(fields.map(([name]) => name)).size === fields.length ? Object.fromEntries(fields) : null;
  } catch {
    return null;
  }
}
