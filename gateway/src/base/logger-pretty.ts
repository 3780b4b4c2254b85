import { stripVTControlCharacters } from 'node:util';

const LEVELS: Readonly<Record<string, { label: string; colour: number }>> = Object.freeze({
  debug: { label: 'debug', colour: 90 },
  info: { label: 'info ', colour: 36 },
  warn: { label: 'warn ', colour: 33 },
  error: { label: 'error', colour: 31 },
});
const DIM = 2;

/**
 * A JSON line of the logger as one readable line: time of day, level, message, and fields as `name=value`.
 * Control characters are shown, not sent: what a stranger put into a field must not steer the terminal.
 */
export function prettyLine(line: string, options: { colour: boolean }): string {
  const paint = (text: string, code: number) => (options.colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const parsed: unknown = JSON.parse(line);
  const { time, level, message, ...fields } = recordOf(parsed);
  const { label, colour } = LEVELS[plainText(level)] ?? { label: plainText(level), colour: DIM };
  const shown = Object.entries(fields).map(([name, value]) => `${paint(`${name}=`, DIM)}${fieldText(value)}`);
  return `${[paint(plainText(time).slice(11, 23), DIM), paint(label, colour), visible(plainText(message ?? '')), ...shown].join(' ')}\n`;
}

/** A value on one line, in quotes when it holds more than one word. */
function fieldText(value: unknown): string {
  if (typeof value !== 'string')
    return visible(typeof value === 'object' ? errorText(value) : plainText(value));
  return /^[^\s"=]+$/.test(value) ? visible(value) : visible(JSON.stringify(value));
}

function errorText(value: unknown): string {
  const { class: name, code, message, frames, cause } = recordOf(value);
  const head = `${plainText(name)}${code === undefined ? '' : `[${plainText(code)}]`}: ${JSON.stringify(plainText(message))}`;
  const trace = Array.isArray(frames) && frames.length > 0 ? ` at ${frames.join(' < ')}` : '';
  return `${head}${trace}${cause === undefined ? '' : ` caused by ${errorText(cause)}`}`;
}

/** A value of a line as text: words as they are, the rest as JSON writes it. */
function plainText(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function visible(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
