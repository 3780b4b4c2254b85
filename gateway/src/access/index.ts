export {
  type Access,
  type AccessPorts,
  createAccess,
  type Presentation,
  type Principal,
} from './access.ts';
export { parseCredentialText } from './credential-text.ts';
export { accessErasure } from './erasure-queries.ts';
export type { Giver } from './giver.ts';
export { covers } from './judge.ts';
export type { Binding, KeyKind, KeySettings } from './key-settings.ts';
export type { KeyTarget, KeyView, SecretView } from './key-view.ts';
export { accessMigrations } from './migrations.ts';
export { isScope, SCOPE_NAMES, SCOPES, type Scope, scopesOf } from './scopes.ts';
export type { SignatureClaim, SignedCall } from './signatures.ts';
export type { SignerView } from './signers.ts';
export { administratorsSince, type CallerView } from './usage.ts';
