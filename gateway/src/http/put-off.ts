import type { FaultCode, Log, RequestId } from '#base';

/** A request that was put off: answered 503. */
export interface PutOffRequest {
  readonly request: RequestId;
  readonly route: string;
  readonly code: FaultCode;
}

const WINDOW_MS = 1_000;

/**
 * Tells of requests that were put off. Full or away is a state that may last, and every sender meets it: the first of a route and code has
 * a line of its own, those that follow share one a second, with their number.
 */
export function createPutOff(log: Log): (put: PutOffRequest) => void {
  const windows = new Map<string, { last: PutOffRequest; count: number }>();

  const tell = (put: PutOffRequest, count: number): void =>
    log.warn('request put off', { ...put, status: 503, ...(count > 1 ? { count } : {}) });

  const open = (key: string, put: PutOffRequest): void => {
    windows.set(key, { last: put, count: 0 });
    setTimeout(() => {
      const window = windows.get(key);
      windows.delete(key);
      if (window === undefined || window.count === 0) return;
      tell(window.last, window.count);
      open(key, window.last);
    }, WINDOW_MS).unref();
  };

  return (put) => {
    const key = `${put.code} ${put.route}`;
    const window = windows.get(key);
    if (window === undefined) {
      tell(put, 1);
      open(key, put);
    } else {
      window.last = put;
      window.count += 1;
    }
  };
}
