import type { Giver, Principal } from '#access';
import { Fault } from '#base';

/** The principal of a call on a surface that requires one. */
export function principalOf(call: { readonly principal: Principal | null }): Principal {
  if (call.principal === null) throw new Fault('UNAUTHENTICATED');
  return call.principal;
}

/** The key that makes or changes another, and what it can give. */
export function giverOf(call: { readonly principal: Principal | null }): Giver {
  const { key, scopes } = principalOf(call);
  return { key, scopes };
}
