import { type Terminal, visible } from '../terminal/terminal.ts';

/** Ids as a person calls them: `con_…` → `koywe`. */
export type Names = ReadonlyMap<string, string>;

type Fields = Readonly<Record<string, unknown>>;

const TYPES_KEPT_MAX = 2_000;

/**
 * Lines of the gateway's log, as steps of the journey: one readable line each, or nothing for what only programs need.
 *
 * @example const steps = createSteps(terminal, new Map()); const text = steps.lineOf(record);
 */
export function createSteps(
  terminal: Terminal,
  names: () => Names,
): { lineOf(record: Fields): string | null } {
  const { paint } = terminal;
  const types = new Map<string, string>();
  const called = (id: unknown): string => visible(names().get(text(id)) ?? text(id));
  const remember = (event: string, type: string): void => {
    if (types.size >= TYPES_KEPT_MAX) types.clear();
    types.set(event, type);
  };

  const lines: Readonly<Record<string, (fields: Fields) => string>> = {
    'call forwarded': (fields) => {
      const ok = typeof fields['status'] === 'number' && fields['status'] < 400;
      const outcome = `${text(fields['status'] ?? fields['code'])}  ${text(fields['durationMs'])} ms`;
      return step(ok, '→', 'call out', `${text(fields['method'])} ${called(fields['connection'])}`, outcome);
    },
    'event stored': (fields) => {
      const type = text(fields['name'] ?? 'no type');
      remember(text(fields['event']), type);
      return step(true, '←', 'webhook in', type, `verified and stored as ${text(fields['event'])}`);
    },
    'event delivered': (fields) => {
      const outcome = `to ${called(fields['destination'])}: ${text(fields['status'])}  ${text(fields['durationMs'])} ms`;
      return step(true, '✓', 'delivered', types.get(text(fields['event'])) ?? text(fields['event']), outcome);
    },
    'event pulled': (fields) => {
      const again = fields['attempt'] === 1 ? '' : `, for the ${text(fields['attempt'])}. time`;
      const type = types.get(text(fields['event'])) ?? text(fields['event']);
      return step(true, '→', 'pulled', type, `from ${called(fields['destination'])}${again}`);
    },
    'delivery failed and will be tried again': (fields) => undelivered(fields, 'will be tried again'),
    'delivery is dead': (fields) => undelivered(fields, `gone after ${text(fields['attempt'])} attempts`),
    'request refused': (fields) =>
      step(
        false,
        '✗',
        'refused',
        text(fields['code']),
        `${text(fields['status'])} at ${text(fields['route'])}`,
      ),
    'sandbox: order.created': (fields) => aside(`order ${text(fields['name'])} made at Koywe`),
    'sandbox: webhook.failed': (fields) =>
      aside(`Koywe could not hand over a webhook: ${text(fields['status'] ?? fields['reason'])}`),
    'sandbox: fault.applied': (fields) => aside(`Koywe applied the fault ${text(fields['name'])}`),
  };

  function undelivered(fields: Fields, then: string): string {
    const type = types.get(text(fields['event'])) ?? text(fields['event']);
    return step(
      false,
      '✗',
      'undelivered',
      type,
      `to ${called(fields['destination'])}: ${text(fields['reason'])}, ${then}`,
    );
  }

  function step(ok: boolean, sign: string, what: string, subject: string, outcome: string): string {
    const colour = ok ? 'green' : 'red';
    return `${paint(colour, sign)}  ${paint('bold', what.padEnd(11))}  ${visible(subject).padEnd(22)}  ${visible(outcome)}`;
  }

  function aside(what: string): string {
    return paint('dim', `   ${visible(what)}`);
  }

  function other(fields: Fields): string | null {
    const { level, message, code, reason, error } = fields;
    if (level !== 'warn' && level !== 'error') return null;
    const inner = typeof error === 'object' && error !== null ? { ...error } : {};
    const detail = [code, reason, 'message' in inner ? inner.message : null].filter(
      (part) => typeof part === 'string',
    );
    return `${paint(level === 'warn' ? 'yellow' : 'red', '!')}  ${visible([text(message), ...detail].join(': '))}`;
  }

  return {
    lineOf(record) {
      const make = lines[text(record['message'])];
      const line = make === undefined ? other(record) : make(record);
      return line === null ? null : `  ${paint('dim', timeOf(record['time']))}  ${line}`;
    },
  };
}

function timeOf(value: unknown): string {
  const at = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(at.getTime()) ? '        ' : at.toTimeString().slice(0, 8);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
