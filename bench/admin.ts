import { request } from 'node:https';

/** Who asks a gateway's administration, on this machine. */
export interface AdminAccess {
  readonly port: number;
  readonly ca: string;
  readonly key: string;
}

export interface AdminCall {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: object;
}

/** Calls the administration; its answer. Throws on anything but a 2xx. */
export function administer<Answer>({ port, ca, key }: AdminAccess, call: AdminCall): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const path = `/admin/v1${call.path}`;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ca, path, method: call.method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolve(JSON.parse(text) as Answer);
        else reject(new Error(`${path}: ${statusCode} ${text}`));
      });
    });
    sent.on('error', reject).end(JSON.stringify(call.body));
  });
}
