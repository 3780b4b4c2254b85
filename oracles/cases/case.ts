import { ID, type Key, type Message, type Model, NOW_MS, timeText, type Written } from '../model/model.ts';

/** A message with what has to come of it: `null` when it is right, else the reason for which it is refused. */
export interface Case {
  readonly name: string;
  readonly secrets: readonly CaseSecret[];
  readonly message: Message;
  readonly signed: Buffer;
  readonly nowMs: number;
  readonly reason: string | null;
  /** Which secret made it. */
  readonly secretId: string;
  readonly sentMs: number | null;
}

/** As it is configured, or bytes that no configuration would take. */
export type CaseSecret =
  | { readonly id: string; readonly text: string }
  | { readonly id: string; readonly base64: string };

/** What is different from a valid message. */
export interface Change {
  readonly id?: string;
  readonly key?: Key;
  readonly body?: Buffer;
  readonly sentMs?: number;
  readonly timeText?: string;
  readonly spoil?: (mac: string) => string;
}

/** A message of the model with that changed. */
export function write(model: Model, change: Change = {}): Written {
  const sentMs = change.sentMs ?? NOW_MS;
  return model.write({
    key: change.key ?? model.keys.current,
    id: change.id ?? ID,
    timeText: change.timeText ?? (model.time === null ? '' : timeText(model.time.unit, sentMs)),
    body: change.body ?? model.body,
    spoil: change.spoil ?? ((mac) => mac),
  });
}

/** A case with what most have: one secret, the right one, now. */
export function make(
  model: Model,
  given: Pick<Case, 'name'> & Partial<Case> & { readonly message: Message & { readonly signed?: Buffer } },
): Case {
  return {
    signed: given.message.signed ?? Buffer.alloc(0),
    secrets: [{ id: 'current', text: model.keys.current.text }],
    nowMs: NOW_MS,
    reason: null,
    secretId: 'current',
    sentMs: model.time === null ? null : NOW_MS,
    ...given,
  };
}
