import { Fault, type KeyId } from '#base';
import { SCOPES, type Scope } from './scopes.ts';

/** Who makes or changes a key. `null` in its place stands for the installation itself, or the key's own holder. */
export interface Giver {
  readonly key: KeyId;
  readonly scopes: readonly Scope[];
}

/**
 * Throws `SCOPE_NOT_HELD` when somebody would give, or by a new secret take over, administration that they do not have
 * themselves. Scopes of applications are not held by whoever administers them, but theirs to give.
 */
export function requireHeld(giver: Giver | null, scopes: readonly Scope[]): void {
  if (giver === null) return;
  const lacking = scopes.filter(
    (scope) => SCOPES[scope].surface === 'admin' && !giver.scopes.includes(scope),
  );
  if (lacking.length > 0) throw new Fault('SCOPE_NOT_HELD', { detail: `It lacks ${lacking.join(', ')}.` });
}
