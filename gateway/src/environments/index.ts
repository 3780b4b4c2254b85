export {
  createEnvironments,
  type Environments,
  type EnvironmentsPorts,
  type NewEnvironment,
} from './environments.ts';
export { INSTALLATION } from './installation.ts';
export { environmentsMigrations } from './migrations.ts';
export type { Environment, EnvironmentKind, Organization } from './shapes.ts';
