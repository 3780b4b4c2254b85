import type { Fault } from './fault.ts';
import { FAULTS, type FaultCode } from './faults.ts';

/** An RFC 9457 problem: what a caller sees of a fault. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FaultCode;
  readonly requestId: string;
  readonly fields?: readonly { path: string; problem: string }[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The problem document of a fault: public text only, never its cause. */
export function problemOf(fault: Fault, requestId: string): Problem {
  const { status, title } = FAULTS[fault.code];
  return {
    type: `urn:sallyport:error:${fault.code}`,
    title,
    status,
    detail: fault.detail,
    code: fault.code,
    requestId,
    ...(fault.fields.length > 0 ? { fields: fault.fields } : {}),
  };
}
