import type { Actor, FaultCode } from '#base';
import type { EnvironmentKind } from '#environments';
import type { Holder } from './holders.ts';
import type { Binding, KeyKind } from './key-settings.ts';
import { SCOPES, type Scope } from './scopes.ts';

/** What is presented, and where. */
export interface Presented {
  readonly surface: 'runtime' | 'admin';
  readonly environmentKind: EnvironmentKind;
  /** By the credential's own text, or by a signature made with it. */
  readonly via: 'key' | 'bearer' | 'signature';
  /** The `Origin` that a browser sent with it. */
  readonly origin: string | undefined;
  readonly actor: Actor;
  readonly nowMs: number;
}

/** The kinds of key an environment may have besides `admin` (Q3). */
export const RUNTIME_KIND: Readonly<Record<EnvironmentKind, KeyKind>> = Object.freeze({
  development: 'test',
  staging: 'test',
  production: 'live',
});

/**
 * Why a credential that is ours lets nobody in now, or `null` when it does. Whether it has ended comes first: who holds
 * a dead credential learns nothing about what it was good for.
 */
export function refusalOf(holder: Holder, presented: Presented): FaultCode | null {
  const { nowMs } = presented;
  if (holder.revoked_at !== null) return 'KEY_REVOKED';
  if (isPast(holder.key_expires_at, nowMs)) return 'KEY_EXPIRED';
  if (holder.retired_at !== null || isPast(holder.retires_at, nowMs)) return 'KEY_RETIRED';
  if (isPast(holder.token_expires_at, nowMs)) return 'TOKEN_EXPIRED';
  // Made only where it fits, and asked again at each use: no key of one kind of environment serves in another (K3).
  const fitting = presented.surface === 'admin' ? 'admin' : RUNTIME_KIND[presented.environmentKind];
  if (holder.kind !== fitting) return 'WRONG_KEY_KIND';
  if (holder.ranges !== null && !holder.ranges.includes(presented.actor.address ?? ''))
    return 'ADDRESS_REFUSED';
  // A browser always says where a call comes from, and whoever reads its page has the key too (U1).
  if (presented.origin !== undefined && !holder.allowed_origins.includes(presented.origin))
    return 'ORIGIN_REFUSED';
  if (holder.signed_only && presented.via !== 'signature') return 'SIGNATURE_REQUIRED';
  return null;
}

/** What a key may do, and the one object that it is bound to. */
export interface Reach {
  readonly scopes: readonly Scope[];
  readonly boundTo: Binding | null;
}

/** Whether an act is one of a key's, leaving aside whether its environment is frozen. */
export function covers(
  reach: Reach,
  act: { readonly scope: Scope; readonly on?: Binding | undefined },
): boolean {
  return reach.scopes.includes(act.scope) && isWithinBinding(reach, act);
}

/** What a key is bound to is all it may touch; where nothing is named, it may touch nothing. */
export function isWithinBinding(
  { boundTo }: Pick<Reach, 'boundTo'>,
  { scope, on }: { readonly scope: Scope; readonly on?: Binding | undefined },
): boolean {
  const isThere = boundTo === null || (boundTo.kind === on?.kind && boundTo.id === on.id);
  return isThere || SCOPES[scope].surface !== 'runtime' || scope === 'secret:rotate';
}

function isPast(time: Date | null, nowMs: number): boolean {
  return time !== null && time.getTime() <= nowMs;
}
