import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problem.ts';

/** A run that was killed leaves children that end by themselves, but not in the same instant. */
const RETRY_MS = 50;
const RETRIES_MAX = 40;

export interface PortWish {
  /** Who wants it, for the message. */
  readonly name: string;
  readonly option: string;
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
}

/** Ports that are free now: those wished for, or any. Throws `PORT_IN_USE`, `PORT_REFUSED`, `ADDRESS_NOT_HERE`. */
export async function freePorts(wishes: readonly PortWish[]): Promise<number[]> {
  const holders: Server[] = [];
  try {
    // One after the other, and all held until the last is found: no two get the same.
    for (const wish of wishes) holders.push(await hold(wish));
    return holders.map((holder) => portOf(holder));
  } finally {
    await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  }
}

async function hold(wish: PortWish): Promise<Server> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await listenOnce(wish);
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
      if (code !== 'EADDRINUSE' || attempt >= RETRIES_MAX) throw portProblem(wish, thrown);
      await delay(RETRY_MS);
    }
  }
}

/** What a listener's error means. */
export function portProblem({ name, option, host, port }: PortWish, thrown: unknown): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (code === 'EADDRINUSE') {
    return new Problem({
      code: 'PORT_IN_USE',
      message: `Port ${port}, for the ${name}, is in use by another program.`,
      remedy: `Stop that program, or take another port: ${option} <port> (0 takes any that is free).`,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Problem({
      code: 'PORT_REFUSED',
      message: `This user may not listen on port ${port}, for the ${name}.`,
      remedy: `Take a port above 1023: ${option} <port>`,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAFNOSUPPORT') {
    return new Problem({
      code: 'ADDRESS_NOT_HERE',
      message: `The address ${host} is none of this machine's.`,
      remedy: 'Correct listen.host (SALLYPORT_LISTEN_HOST); 127.0.0.1 always works.',
    });
  }
  return thrown;
}

function listenOnce({ host, port }: PortWish): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
