export {
  type Authority,
  type AuthorityOptions,
  type CertificateOptions,
  certificateLimits,
  createAuthority,
  type IssuedCertificate,
  issueCertificate,
} from './authority.ts';
export { developmentNames } from './name-constraints.ts';
