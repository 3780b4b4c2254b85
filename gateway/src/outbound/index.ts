export type { ListenerAddress } from './admission.ts';
export type { HeaderField, Outbound, OutboundAnswer, OutboundCall, OutboundTimeouts } from './call.ts';
export { type ClientIdentity, describeCertificate, readClientIdentity } from './client-identity.ts';
export { mayHaveBeenSent } from './faults.ts';
export { type Origin, type OriginVerdict, parseOrigin, splitAddress } from './origin.ts';
export { createOutbound, type OutboundOptions } from './outbound.ts';
export { checkPins } from './pins.ts';
export { METADATA_HOSTS, RANGES, type Range } from './ranges.ts';
export type { Resolve, ResolvedAddress } from './resolve.ts';
