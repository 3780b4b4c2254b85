import type { Actor, FaultCode } from '#base';
import type { EnvironmentKind } from '#environments';
import type { Holder } from './holders.ts';
import type { KeyKind } from './key-settings.ts';

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

function isPast(time: Date | null, nowMs: number): boolean {
  return time !== null && time.getTime() <= nowMs;
}
