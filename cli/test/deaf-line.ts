import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterwards, type Cleanup } from './session.ts';

/** A way to the gateway of a state folder on which what is asked arrives, and no answer comes back. Where it begins. */
export async function withDeafLine(
  t: Cleanup,
  { state, api }: { state: string; api: string },
): Promise<string> {
  const file = (name: string) => readFile(join(state, 'tls', name), 'utf8');
  const [cert, key, ca] = await Promise.all([file('gateway.pem'), file('gateway.key.pem'), file('ca.pem')]);
  const { hostname, port } = new URL(api);
  const server = createServer({ cert, key }, (near) => {
    const far = connect({ host: hostname, port: Number(port), ca });
    near.on('error', () => undefined).on('close', () => far.destroy());
    near.pipe(far);
    far.on('error', () => near.destroy()).on('data', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => new Promise<void>((resolve) => void server.close(() => resolve())));
  const address = server.address() as AddressInfo;
  return `https://127.0.0.1:${address.port}`;
}
