import { Fault, isId, rangeProblems, sanitizeText } from '#base';
import { isScope, SCOPES, type Scope } from './scopes.ts';

export type KeyKind = 'test' | 'live' | 'admin';

/** The one object that a bound key may act on. A policy is known by its name. */
export interface Binding {
  readonly kind: 'connection' | 'destination' | 'policy';
  readonly id: string;
}

/** What a key may do, from where, how often, and whose it is. */
export interface KeySettings {
  readonly scopes: readonly Scope[];
  readonly boundTo: Binding | null;
  readonly expiresAtMs: number | null;
  /** CIDR ranges; none means from anywhere. */
  readonly allowedAddresses: readonly string[];
  /** Origins of pages that may present the key; none means that no browser may (U1). */
  readonly allowedOrigins: readonly string[];
  /** Instead of the limit that holds for every key. */
  readonly requestsPerMinute: number | null;
  /** The key's own text is not enough: every request has to be signed (U8). */
  readonly signedOnly: boolean;
  readonly owner: string | null;
  readonly note: string | null;
}

/** A new key can do nothing until it is given scopes. */
export const NO_SETTINGS: KeySettings = Object.freeze({
  scopes: Object.freeze([]),
  boundTo: null,
  expiresAtMs: null,
  allowedAddresses: Object.freeze([]),
  allowedOrigins: Object.freeze([]),
  requestsPerMinute: null,
  signedOnly: false,
  owner: null,
  note: null,
});

const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/;
const ORIGIN = /^https:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?$/;
const POLICY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const TEXT_CHARACTERS_MAX = 255;
const ORIGINS_MAX = 20;
const REQUESTS_MAX = 1_000_000;

interface Problem {
  readonly path: string;
  readonly problem: string;
}

/** Throws `INVALID_REQUEST` with every field that is not as it must be. */
export function checkSettings(
  settings: KeySettings,
  { kind, nowMs }: { readonly kind: KeyKind; readonly nowMs: number },
): void {
  const fields = [
    ...scopeProblems(settings.scopes, kind),
    ...bindingProblems(settings.boundTo, kind),
    ...rangeProblems(settings.allowedAddresses, 'allowedAddresses'),
    ...originProblems(settings.allowedOrigins),
    ...textProblems('owner', settings.owner),
    ...textProblems('note', settings.note),
    ...when(settings.expiresAtMs !== null && !(settings.expiresAtMs > nowMs), {
      path: 'expiresAt',
      problem: 'must be in the future',
    }),
    ...when(settings.requestsPerMinute !== null && !isCount(settings.requestsPerMinute), {
      path: 'requestsPerMinute',
      problem: `must be a whole number from 1 to ${REQUESTS_MAX}`,
    }),
  ];
  if (fields.length > 0) throw new Fault('INVALID_REQUEST', { fields });
}

/** Throws `INVALID_REQUEST` when it is no name for a key. */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new Fault('INVALID_REQUEST', {
    fields: [{ path: 'name', problem: 'must be 1 to 63 letters, digits, spaces, dots, dashes' }],
  });
}

function scopeProblems(scopes: readonly string[], kind: KeyKind): Problem[] {
  const surface = kind === 'admin' ? 'admin' : 'runtime';
  return scopes.flatMap((scope, at) => {
    const path = `scopes.${at}`;
    if (!isScope(scope)) return [{ path, problem: 'is not a scope' }];
    if (SCOPES[scope].surface !== surface) return [{ path, problem: `is not for keys of the kind ${kind}` }];
    return when(scopes.indexOf(scope) !== at, { path, problem: 'is named twice' });
  });
}

function bindingProblems(boundTo: Binding | null, kind: KeyKind): Problem[] {
  if (boundTo === null) return [];
  if (kind === 'admin') return [{ path: 'boundTo', problem: 'is for application keys only' }];
  const { kind: of, id } = boundTo;
  const isFitting = of === 'policy' ? POLICY.test(id) : isId(of, id);
  return when(!isFitting, { path: 'boundTo.id', problem: `is not a ${of}` });
}

function originProblems(origins: readonly string[]): Problem[] {
  const path = 'allowedOrigins';
  if (origins.length > ORIGINS_MAX) return [{ path, problem: `at most ${ORIGINS_MAX}` }];
  return origins.flatMap((origin, at) =>
    when(!ORIGIN.test(origin), { path: `${path}.${at}`, problem: 'must be like https://shop.example' }),
  );
}

/** What sanitising would change is refused, never rewritten: what is shown is what somebody wrote (K17). */
function textProblems(path: string, text: string | null): Problem[] {
  if (text === null) return [];
  const isClean = text !== '' && sanitizeText(text, { charactersMax: TEXT_CHARACTERS_MAX }) === text;
  return when(!isClean, {
    path,
    problem: `must be 1 to ${TEXT_CHARACTERS_MAX} characters on one line, without <, >, javascript: and invisible ones`,
  });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= REQUESTS_MAX;
}

function when(holds: boolean, problem: Problem): Problem[] {
  return holds ? [problem] : [];
}
