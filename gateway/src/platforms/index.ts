export { PLATFORMS, platformNamed, textAt } from './platforms.ts';
export type { PlatformProfile, SignIn } from './profile.ts';
