export { answerChallenge, type ChallengeInput } from './challenge.ts';
export { isNotificationUrl, isParameterValue, schemeNeeds } from './configured.ts';
export { type EventTypeInput, eventTypeOf } from './event-type.ts';
export { type ExplainOptions, type Explanation, explain, shapeOf } from './explain.ts';
export { FAULTS, SchemeFault, type SchemeFaultCode } from './fault.ts';
export {
  type GenericContentPart,
  type GenericForm,
  type GenericSchemeConfig,
  genericScheme,
} from './generic-scheme.ts';
export {
  type FetchedKey,
  type KeyNeeded,
  type KeyNeededInput,
  keyNeeded,
  parseFetchedKey,
} from './keys.ts';
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
  Acknowledgement,
  Challenge,
  Checked,
  ContentPart,
  EventIdRule,
  EventTypeRule,
  KeySource,
  MacAlgorithm,
  MacEncoding,
  ParameterRule,
  Scheme,
  SchemeHeaders,
  SchemeName,
  SecretForm,
  SignatureAlgorithm,
  SignatureEncoding,
  SignatureForm,
  TimestampRule,
  TimestampUnit,
} from './scheme.ts';
export { isSchemeName, SCHEMES } from './schemes.ts';
export { hasSharedSecret, parseSecret, parseSigningSecret, type SchemeSecret } from './secret.ts';
export { type Signed, type SignInput, sign } from './sign.ts';
export type { Accepted, Refused, Verdict } from './verdict.ts';
export { type VerifyInput, verify } from './verify.ts';
