export {
  createEnvironments,
  type Environments,
  type EnvironmentsPorts,
  type NewEnvironment,
} from './environments.ts';
export { createEraser, type Eraser, type EraserPorts } from './eraser.ts';
export { environmentsMigrations } from './migrations.ts';
export { refuseForeignTag, tagProblem } from './name-tags.ts';
export { environmentOfSubject } from './remembered.ts';
export type { Environment, EnvironmentKind, EnvironmentState, Organization } from './shapes.ts';
