import { frozenTable } from '#base';

/** One thing that a key can be allowed to do. */
export interface ScopeRow {
  /** Keys of which kind can have it: `runtime` are test and live keys. */
  readonly surface: 'runtime' | 'admin';
  /** Still allowed while the environment is frozen: what only looks, and what ends or replaces keys. */
  readonly whileFrozen: boolean;
  readonly about: string;
}

const rows = {
  'calls:send': act('runtime', 'call platforms through connections'),
  'events:send': act('runtime', 'send webhooks of its own to destinations'),
  'events:pull': act('runtime', 'fetch and acknowledge the events of a pull destination'),
  'secret:rotate': act('runtime', 'replace its own secret'),
  'keys:read': look('see keys, what they may do and who uses them'),
  // In an incident the environment is frozen first, and whatever leaked revoked and replaced then.
  'keys:write': Object.freeze({
    surface: 'admin',
    whileFrozen: true,
    about: 'make, change, rotate and revoke keys, and give them scopes it has itself',
  }),
  'connections:read': look('see connections, without their credentials'),
  'connections:write': act('admin', 'make, change, check and remove connections'),
  'endpoints:read': look('see endpoints'),
  'endpoints:write': act('admin', 'make, pause and change endpoints'),
  'destinations:read': look('see destinations'),
  'destinations:write': act('admin', 'make, pause and change destinations'),
  'events:read': look('see events and deliveries, without bodies'),
  'events:reveal': act('admin', 'see the body of an event, which the log records'),
  'events:decide': act('admin', 'release and discard events that are held'),
  'events:replay': act('admin', 'have events delivered again'),
  'audit:read': look('see and export the log'),
} as const satisfies Record<string, ScopeRow>;

export type Scope = keyof typeof rows;

/** Every scope, by name. A key has those that it was given, and a new one has none (P2 L3). */
export const SCOPES: Readonly<Record<Scope, ScopeRow>> = frozenTable(rows);

/**
 * The scopes that a key of a kind can have.
 *
 * @example scopesOf('test'); // ['calls:send', 'events:send', 'events:pull', 'secret:rotate']
 */
export function scopesOf(kind: 'test' | 'live' | 'admin'): readonly Scope[] {
  const surface = kind === 'admin' ? 'admin' : 'runtime';
  return SCOPE_NAMES.filter((name) => SCOPES[name].surface === surface);
}

export function isScope(text: string): text is Scope {
  return text in SCOPES;
}

/** The names, in the order of the table. */
export const SCOPE_NAMES: readonly Scope[] = Object.freeze(Object.keys(rows).filter(isScope));

function look(about: string): ScopeRow {
  return Object.freeze({ surface: 'admin', whileFrozen: true, about });
}

function act(surface: ScopeRow['surface'], about: string): ScopeRow {
  return Object.freeze({ surface, whileFrozen: false, about });
}
