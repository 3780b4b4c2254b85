import { InvalidArgumentError } from 'commander';

/** What a filter on the command line becomes, as the gateway takes it. */
export interface FilterBody {
  platforms?: string[];
  types?: string[];
  endpoints?: string[];
  conditions?: { path: string[]; op: string; value: unknown }[];
}

const LISTS = Object.freeze({ platform: 'platforms', type: 'types', endpoint: 'endpoints' } as const);
const EXPRESSION = /^(!)?([^=<>^!]{1,400}?)\s*(?:(\^=|=|>|<)\s*(.{0,2000}))?$/s;
const OPERATIONS: Readonly<Record<string, string>> = Object.freeze({
  '^=': 'startsWith',
  '>': 'greater',
  '<': 'less',
});

/**
 * Adds one expression to a filter: `platform=koywe,stripe`, `type=order.*`, `endpoint=ep_…`; or a condition over the body,
 * whose path begins with a dot: `.data.currency=USD,EUR`, `.data.amount>100`, `.data.name^=A`, `.data.refund`, `!.data.test`.
 *
 * @example addExpression('.data.amount>100', {}) // { conditions: [{ path: ['data', 'amount'], op: 'greater', value: 100 }] }
 */
export function addExpression(text: string, before: FilterBody = {}): FilterBody {
  if (text === 'none') return {};
  const [, not, name = '', operator, value = ''] = EXPRESSION.exec(text) ?? [];
  if (name.startsWith('.')) return withCondition(before, conditionOf({ not, name, operator, value }));
  const list = name === 'platform' || name === 'type' || name === 'endpoint' ? LISTS[name] : null;
  if (list === null || operator !== '=' || value === '' || not !== undefined)
    throw new InvalidArgumentError(
      'It is platform=…, type=…, endpoint=…, or a condition such as .data.amount>100.',
    );
  return { ...before, [list]: [...(before[list] ?? []), ...value.split(',')] };
}

function withCondition(
  before: FilterBody,
  condition: { path: string[]; op: string; value: unknown },
): FilterBody {
  return { ...before, conditions: [...(before.conditions ?? []), condition] };
}

function conditionOf(given: {
  not: string | undefined;
  name: string;
  operator: string | undefined;
  value: string;
}): { path: string[]; op: string; value: unknown } {
  const { not, name, operator, value } = given;
  const path = name.slice(1).split('.');
  if (path.some((part) => part === '')) throw new InvalidArgumentError('Its path has an empty part.');
  if (operator === undefined) return { path, op: 'exists', value: not === undefined };
  if (not !== undefined) throw new InvalidArgumentError('Only what exists can be denied.');
  if (operator === '^=') return { path, op: 'startsWith', value };
  if (operator === '=') {
    const values = value.split(',').map(scalar);
    return values.length === 1 ? { path, op: 'equals', value: values[0] } : { path, op: 'in', value: values };
  }
  const number = scalar(value);
  if (typeof number !== 'number') throw new InvalidArgumentError('What is greater or less is a number.');
  return { path, op: OPERATIONS[operator] ?? operator, value: number };
}

/** A number, `true`, `false`, `null` or a text in quotation marks as JSON has them; everything else is text. */
function scalar(text: string): unknown {
  if (!/^(?:-?\d|true$|false$|null$|")/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
