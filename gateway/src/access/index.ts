export {
  type Access,
  type AccessPorts,
  createAccess,
  type KeyKind,
  type KeyView,
  type Principal,
} from './access.ts';
export { parseCredentialText } from './credential-text.ts';
export { accessMigrations } from './migrations.ts';
export { accessErasure } from './queries.ts';
