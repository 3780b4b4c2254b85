export {
  type Connections,
  type ConnectionsPorts,
  type ConnectionView,
  createConnections,
} from './connections.ts';
export type { ForwardCall } from './forward.ts';
export type { ForwardAnswer } from './forward-answer.ts';
export { connectionMigrations } from './migrations.ts';
export { connectionsErasure } from './queries.ts';
export { REQUEST_CHECKS, type RequestChecks } from './request-checks.ts';
