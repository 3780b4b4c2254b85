export { type Explanation, explain } from './explain.ts';
export { FAULTS, SchemeFault, type SchemeFaultCode } from './fault.ts';
export { LIMITS } from './limits.ts';
export { REASONS, type Reason } from './reasons.ts';
export type {
  ContentPart,
  EventIdRule,
  MacAlgorithm,
  MacEncoding,
  Scheme,
  SchemeHeaders,
  SchemeName,
  SecretForm,
  SignatureForm,
  TimestampRule,
  TimestampUnit,
} from './scheme.ts';
export { SCHEMES } from './schemes.ts';
export { parseSecret, type SchemeSecret } from './secret.ts';
export { type SignInput, sign } from './sign.ts';
export type { Accepted, Refused, Verdict } from './verdict.ts';
export { type VerifyInput, verify } from './verify.ts';
