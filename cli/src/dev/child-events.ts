import type { Log, LogFields } from '@sallyport/gateway';

type Fields = Readonly<Record<string, unknown>>;

/** What the sandbox or the demo application tells, as a line of the one log: fields that it knows, and no others. */
export function tellEvent(log: Log, from: 'sandbox' | 'demo', event: Fields): void {
  const name = text(event['orderId'] ?? event['contactId'] ?? event['type'] ?? event['fault']);
  const fields: { -readonly [K in keyof LogFields]: LogFields[K] } = {};
  if (name !== null) fields.name = name;
  const { status, attempt } = event;
  if (typeof status === 'number') fields.status = status;
  else if (typeof status === 'string') fields.state = status;
  if (typeof attempt === 'number') fields.attempt = attempt;
  const reason = text(event['reason']);
  if (reason !== null) fields.reason = reason;
  const id = text(event['eventId'] ?? event['id']);
  if (id !== null) fields.event = id;
  log.info(`${from}: ${text(event['event']) ?? 'event'}`, fields);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
