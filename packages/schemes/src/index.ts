export { type Explanation, explain } from './explain.ts';
export { FAULTS, SchemeFault, type SchemeFaultCode } from './fault.ts';
export { LIMITS } from './limits.ts';
export { REASONS, type Reason } from './reasons.ts';
export { contentDigest } from './requests/content-digest.ts';
export {
  type RequestSignatureInput,
  type RequestSignatureRead,
  readRequestSignature,
} from './requests/read-request-signature.ts';
export {
  type KeyAlgorithm,
  type PemKey,
  type PublicKeyAlgorithm,
  parsePrivateKey,
  parsePublicKey,
  parseRequestSecret,
  type RequestKey,
  type RequestSigningKey,
} from './requests/request-key.ts';
export { REQUEST_REASONS, type RequestReason } from './requests/request-reasons.ts';
export type {
  ConcatenatedHeaders,
  ConcatenatedScheme,
  ConcatenatedSchemeName,
  MessageSignatureScheme,
  RequestPart,
  RequestScheme,
  RequestSchemeName,
} from './requests/request-scheme.ts';
export { REQUEST_SCHEMES } from './requests/request-schemes.ts';
export { type SignedHeaders, type SignRequestInput, signRequest } from './requests/sign-request.ts';
export {
  type AcceptedRequest,
  type RefusedRequest,
  type RequestVerdict,
  type VerifyRequestInput,
  verifyRequest,
} from './requests/verify-request.ts';
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
