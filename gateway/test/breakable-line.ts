import { connect, createServer, type Socket } from 'node:net';
import { openSecretText, Secret } from '#base';
import type { Cleanup } from './database.ts';

/** A line to Postgres that can fall silent without being closed, and comes back. */
export interface BreakableLine {
  readonly url: Secret;
  /** Lets nothing through any more; with `saying`, only on connections over which this text has gone. */
  cut(saying?: string): void;
  /** The connections that were cut end; new ones go through. */
  mend(): void;
}

interface Wire {
  readonly sockets: readonly Socket[];
  said: string;
  isCut: boolean;
}

const SAID_CHARACTERS_MAX = 65_536;

/** Lays one; closed after the test. */
export async function withBreakableLine(t: Cleanup, url: Secret): Promise<BreakableLine> {
  const target = new URL(openSecretText(url));
  const directory = target.searchParams.get('host');
  const port = target.searchParams.get('port') ?? (target.port === '' ? '5432' : target.port);
  const wires = new Set<Wire>();
  let isCut = false;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far =
      directory === null ? connect(Number(port), target.hostname) : connect(`${directory}/.s.PGSQL.${port}`);
    const wire: Wire = { sockets: [near, far], said: '', isCut };
    wires.add(wire);
    near.on('data', (chunk) => {
      if (wire.said.length < SAID_CHARACTERS_MAX) wire.said += chunk.toString('latin1');
      if (!wire.isCut) far.write(chunk);
    });
    far.on('data', (chunk) => void (wire.isCut || near.write(chunk)));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined).on('close', () => other.destroy());
    }
    near.on('end', () => void (wire.isCut || far.end())); // a leave that nobody hears is not taken
    near.on('close', () => wires.delete(wire));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const endAll = (some: Iterable<Wire>): void => {
    for (const { sockets } of some) for (const socket of sockets) socket.destroy();
  };
  t.after(async () => {
    endAll(wires);
    server.close();
  });
  const address = server.address();
  const near = new URL(target);
  near.searchParams.delete('host');
  near.searchParams.delete('port');
  near.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url: Secret.fromText(near.href),
    cut(saying) {
      isCut = saying === undefined;
      for (const wire of wires) if (saying === undefined || wire.said.includes(saying)) wire.isCut = true;
    },
    mend() {
      isCut = false;
      endAll([...wires].filter((wire) => wire.isCut)); // bytes were lost: the line is a new one
    },
  };
}
