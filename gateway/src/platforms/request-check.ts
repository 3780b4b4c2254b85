import { CURRENCIES } from '#base';
import { fieldProblem, isJsonObject, type JsonObject } from './request-fields.ts';
import type { Condition, FieldRule, FieldShape, ObjectShape } from './request-shape.ts';

/** One field that is wrong: where it stands, and why, without its value. */
export interface FieldProblem {
  readonly path: string;
  readonly problem: string;
}

export interface RequestCheck {
  readonly shape: ObjectShape;
  /** The body by `parseJsonExactly`. */
  readonly body: unknown;
  /**
   * Refuses fields that the shape does not have, and `null` for one that it has. Otherwise the platform decides about the
   * former, and the latter is as if it were not there.
   */
  readonly strict: boolean;
}

const PROBLEMS_MAX = 20;

/**
 * What is wrong with a body by its shape; nothing when it may be sent. Never changes it.
 *
 * @example checkRequest({ shape, body: parseJsonExactly(bytes), strict: false })[0]?.path // 'body.amountIn'
 */
export function checkRequest({ shape, body, strict }: RequestCheck): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  checkObject({ problems, strict }, { shape, value: body, path: 'body' });
  return problems.slice(0, PROBLEMS_MAX);
}

interface Findings {
  readonly problems: FieldProblem[];
  readonly strict: boolean;
}

function checkObject(
  findings: Findings,
  { shape, value, path }: { shape: ObjectShape; value: unknown; path: string },
): void {
  const { problems, strict } = findings;
  if (!isJsonObject(value)) {
    problems.push({ path, problem: 'must be an object' });
    return;
  }
  // The sender's own names are not repeated.
  if (strict && Object.keys(value).some((name) => !Object.hasOwn(shape.fields, name)))
    problems.push({ path, problem: 'has fields that are not known here' });
  const given = Object.fromEntries(Object.entries(value).filter(([, part]) => strict || part !== null));
  for (const [name, field] of Object.entries(shape.fields)) {
    if (has(given, name))
      checkField(findings, { field, value: given[name], among: given, path: `${path}.${name}` });
  }
  for (const { field, problem } of (shape.rules ?? []).flatMap((rule) => ruleProblems(rule, given))) {
    const place = field === null ? path : `${path}.${field}`;
    // What is wrong with a field by itself says more than what is wrong with it among others.
    if (field === null || !problems.some((known) => known.path === place))
      problems.push({ path: place, problem });
  }
}

function checkField(
  findings: Findings,
  { field, value, among, path }: { field: FieldShape; value: unknown; among: JsonObject; path: string },
): void {
  const { problems } = findings;
  if (value === null) {
    problems.push({ path, problem: 'must be left out rather than null' });
  } else if (field.is === 'object') {
    checkObject(findings, { shape: field.shape, value, path });
  } else if (field.is === 'list') {
    if (!Array.isArray(value) || value.length > field.itemsMax) {
      problems.push({ path, problem: `must be a list of at most ${field.itemsMax}` });
      return;
    }
    for (const [at, item] of value.entries())
      checkField(findings, { field: field.items, value: item, among, path: `${path}.${at}` });
  } else {
    const problem = fieldProblem(field, value, among);
    if (problem !== null) problems.push({ path, problem });
  }
}

/** `field` is `null` for what concerns the object as a whole. */
type RuleProblem = { readonly field: string | null; readonly problem: string };

function ruleProblems(rule: FieldRule, given: JsonObject): readonly RuleProblem[] {
  if (rule.when !== undefined && !holds(rule.when, given)) return [];
  switch (rule.rule) {
    case 'required':
      return rule.fields
        .filter((name) => !has(given, name))
        .map((field) => ({ field, problem: 'is required' }));
    case 'left-out':
      return rule.fields
        .filter((name) => has(given, name))
        .map((field) => ({ field, problem: 'must be left out beside the other fields' }));
    case 'exactly-one':
    case 'at-most-one': {
      const count = rule.fields.filter((name) => has(given, name)).length;
      const word = rule.rule === 'exactly-one' ? 'exactly' : 'at most';
      const fits = count === 1 || (count === 0 && rule.rule === 'at-most-one');
      return fits ? [] : [{ field: null, problem: `must have ${word} one of ${rule.fields.join(', ')}` }];
    }
    case 'together': {
      const count = rule.fields.filter((name) => has(given, name)).length;
      const fits = count === 0 || count === rule.fields.length;
      return fits ? [] : [{ field: null, problem: `must have all or none of ${rule.fields.join(', ')}` }];
    }
    case 'currency':
      return rule.fields
        .filter((name) => has(given, name) && CURRENCIES[String(given[name])] === undefined)
        .map((field) => ({ field, problem: 'must be a currency of ISO 4217' }));
    case 'items': {
      const list = given[rule.field];
      const fits = Array.isArray(list) && list.length === rule.count;
      return fits ? [] : [{ field: rule.field, problem: `must be a list of exactly ${rule.count}` }];
    }
    case 'form': {
      const [value, by] = [given[rule.field], given[rule.by]];
      if (typeof value !== 'string' || typeof by !== 'string' || !Object.hasOwn(rule.forms, by)) return [];
      return rule.forms[by]?.test(value) === true
        ? []
        : [{ field: rule.field, problem: `does not have the form that its ${rule.by} has` }];
    }
  }
}

function holds(condition: Condition, given: JsonObject): boolean {
  if ('has' in condition) return has(given, condition.has);
  if ('lacks' in condition) return !has(given, condition.lacks);
  const value = given[condition.field];
  return typeof value === 'string' && condition.isOneOf.includes(value);
}

function has(given: JsonObject, name: string): boolean {
  return Object.hasOwn(given, name);
}
