import type { JsonValue } from './ports.ts';
import { redactText } from './redact.ts';
import { classOfField } from './redact-fields.ts';
import { Secret } from './secret.ts';

const DEPTH_MAX = 8;
const VALUES_MAX = 1_000;
const NAME_CHARACTERS_MAX = 128;

/**
 * A value as JSON without credentials and personal data: by the names of its fields, and by the content of its texts.
 *
 * Accepts anything: what is not JSON, too deep, or too much is replaced by a mark. Never throws, calls no `toJSON`.
 *
 * @example redactJson({ email: 'a@b.example', note: 'card 4242424242424242' }) // { email: '[personal]', note: 'card [card]' }
 */
export function redactJson(value: unknown): JsonValue {
  try {
    return redactValue(value, { depth: 0, left: { values: VALUES_MAX } });
  } catch {
    return '[unreadable]'; // a getter or a proxy that throws
  }
}

interface Position {
  readonly depth: number;
  readonly left: { values: number };
}

function redactValue(value: unknown, position: Position): JsonValue {
  if (position.left.values-- <= 0) return '[more]';
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number') return redactNumber(value);
  if (typeof value === 'bigint') return redactText(String(value));
  if (value instanceof Secret) return '[secret]';
  if (typeof value !== 'object') return '[not data]';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (position.depth >= DEPTH_MAX) return '[deeper]';
  const inside = { depth: position.depth + 1, left: position.left };
  if (Array.isArray(value))
    return value.slice(0, VALUES_MAX).map((item: unknown) => redactValue(item, inside));
  return redactObject(value, inside);
}

function redactObject(value: object, inside: Position): JsonValue {
  const out: [string, JsonValue][] = [];
  for (const [name, item] of Object.entries(value).slice(0, VALUES_MAX)) {
    out.push([redactText(name, { charactersMax: NAME_CHARACTERS_MAX }), redactField(name, item, inside)]);
  }
  return Object.fromEntries(out);
}

function redactField(name: string, item: unknown, inside: Position): JsonValue {
  const kind = classOfField(name);
  if (kind === null || item === null || item === undefined || typeof item === 'boolean')
    return redactValue(item, inside);
  return kind === 'personal' ? '[personal]' : '[secret]';
}

/** Card numbers come as numbers, too. */
function redactNumber(value: number): JsonValue {
  if (!Number.isFinite(value)) return null;
  const text = String(value);
  const redacted = Number.isSafeInteger(value) ? redactText(text) : text;
  return redacted === text ? value : redacted;
}
