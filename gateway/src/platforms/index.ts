export { PLATFORMS, platformNamed, textAt } from './platforms.ts';
export type { PlatformProfile, SignIn } from './profile.ts';
export { checkRequest, type FieldProblem, type RequestCheck } from './request-check.ts';
export type { RequestRule } from './request-shape.ts';
