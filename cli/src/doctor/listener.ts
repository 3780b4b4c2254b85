import { connect } from 'node:net';
import { freePorts } from '../dev/ports.ts';
import { Problem } from '../problem.ts';
import type { Check } from './examine.ts';

const check = 'listener';
const TIMEOUT_MS = 2_000;

/** The port to listen on: free, or already listened on, which is as it should be while a gateway runs. */
export const examineListener: Check = async ({ listen: { host, port } }) => {
  if (port === 0) return [{ check, state: 'ok', message: 'takes any free port' }];
  if (await answers(host, port))
    return [
      { check, state: 'ok', message: `something listens on ${host}:${port}: the gateway, while it runs` },
    ];
  try {
    await freePorts([{ name: 'gateway', option: 'listen.port', host, port }]);
    return [{ check, state: 'ok', message: `${host}:${port} is free` }];
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    return [{ check, state: 'fail', message: thrown.message, remedy: thrown.remedy }];
  }
};

function answers(host: string, port: number): Promise<boolean> {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((resolve) => {
    const socket = connect({ host: target, port, timeout: TIMEOUT_MS });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
  });
}
