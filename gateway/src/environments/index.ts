export {
  createEnvironments,
  type Environments,
  type EnvironmentsPorts,
  type NewEnvironment,
} from './environments.ts';
export { environmentsMigrations } from './migrations.ts';
export type { Environment, EnvironmentKind, Organization } from './shapes.ts';
