import type { Config } from './config.ts';
import type { Origins } from './config-reader.ts';
import { ALL_SETTINGS } from './config-settings.ts';
import { Secret } from './secret.ts';

/** One setting as it stands. */
export interface ExplainedSetting {
  readonly name: string;
  /** The value as text, `[secret]`, or an empty text when there is none. */
  readonly value: string;
  /** `default`, `file`, `command`, or the variable. */
  readonly origin: string;
  readonly default: string;
  readonly variables: readonly string[];
  readonly accepts: string;
  readonly about: string;
}

/**
 * Every setting with its value and where that came from; no secret.
 *
 * @example process.stdout.write(explainText(explainConfig(loadConfig())));
 */
export function explainConfig(loaded: { config: Config; origins: Origins }): readonly ExplainedSetting[] {
  return ALL_SETTINGS.filter((row) => row.reader === 'gateway').map((row) => ({
    name: row.name,
    value:
      row.isSecret && valueAt(loaded.config, row.name) !== null
        ? '[secret]'
        : shown(valueAt(loaded.config, row.name)),
    origin: loaded.origins.get(row.name) ?? 'default',
    default: row.initialText,
    variables: row.variables.flatMap((variable) =>
      row.isSecret ? [variable, `${variable}_FILE`] : [variable],
    ),
    accepts: row.parser.kind,
    about: row.about,
  }));
}

/** The same as a table for a terminal: what was set first, then the defaults. */
export function explainText(settings: readonly ExplainedSetting[]): string {
  const lines = [...settings]
    .sort((left, right) => Number(left.origin === 'default') - Number(right.origin === 'default'))
    .map(({ name, value, origin, about }) => [name, value === '' ? '–' : value, origin, about]);
  const table = [['SETTING', 'VALUE', 'FROM', 'ABOUT'], ...lines];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}

function valueAt(config: Config, name: string): unknown {
  return name.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null
      ? new Map<string, unknown>(Object.entries(value)).get(key)
      : undefined;
  }, config);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Secret) return '[secret]';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
