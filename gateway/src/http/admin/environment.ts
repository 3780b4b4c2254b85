import type { Principal } from '#access';
import { Fault } from '#base';

/** The principal of a call on a surface that requires one. */
export function principalOf(call: { readonly principal: Principal | null }): Principal {
  if (call.principal === null) throw new Fault('UNAUTHENTICATED');
  return call.principal;
}
