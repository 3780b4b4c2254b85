import { Problem } from '../problem.ts';

const TLS_CODE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|ERR_TLS_|ERR_SSL_|EPROTO)/;

/** What kept a call from getting through. */
export function transportProblem(thrown: unknown, url: string): unknown {
  if (thrown instanceof Problem) return thrown;
  const code = codeOf(thrown);
  if (code === null) return thrown;
  if (TLS_CODE.test(code)) {
    return new Problem({
      code: 'TLS_UNTRUSTED',
      message: `The certificate of ${url} could not be verified (${code}).`,
      remedy: 'Name its authority with SALLYPORT_CA_FILE. Verification can not be switched off.',
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Problem({
      code: 'UNREACHABLE',
      message: `The host of ${url} is not known.`,
      remedy: 'Check SALLYPORT_URL.',
    });
  }
  return new Problem({
    code: 'UNREACHABLE',
    message: `No gateway answers at ${url} (${code}).`,
    remedy: 'Start it (`npm start` here, `sallyport up` in production), or check SALLYPORT_URL.',
  });
}

/** Happy Eyeballs wraps what each address said. */
function codeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : null;
}
