export {
  type Authority,
  type AuthorityOptions,
  type CertificateOptions,
  certificateLimits,
  createAuthority,
  type IssuedCertificate,
  issueCertificate,
} from './authority.ts';
export {
  type FaultName,
  type FaultRule,
  type FaultSurface,
  type Faults,
  faultHeader,
  faultTable,
  type RequestFault,
  type WebhookFault,
} from './faults.ts';
export { platformErrors } from './koywe/errors.ts';
export type { Published } from './koywe/events.ts';
export { sandboxLimits } from './limits.ts';
export { developmentNames } from './name-constraints.ts';
export {
  type PayloadShape,
  type SandboxOptions,
  type SandboxSettings,
  sandboxOptionsSchema,
} from './options.ts';
export {
  type EmitInput,
  type Sandbox,
  type SandboxState,
  type SentDelivery,
  startSandbox,
} from './sandbox.ts';
export { type SandboxEvent, type SandboxEventName, sandboxEventNames } from './sandbox-event.ts';

/**
 * The file to run as a child process of its own.
 *
 * @example
 * const child = fork(sandboxProgram);
 * child.send(settings);
 */
export const sandboxProgram: URL = new URL('./main.ts', import.meta.url);
