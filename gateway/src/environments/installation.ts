import type { EnvironmentId } from '#base';

/**
 * The log of what belongs to the whole installation and so to no environment, such as the making of an organization.
 * It has the form of an environment's id, of the first moment and without random bits, and is never one.
 */
export const INSTALLATION: EnvironmentId = 'env_00000000000000000000000000';
