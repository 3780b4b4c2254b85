export {
  type Connections,
  type ConnectionsPorts,
  type ConnectionView,
  createConnections,
} from './connections.ts';
export type { ForwardAnswer, ForwardCall } from './forward.ts';
export { connectionMigrations } from './migrations.ts';
