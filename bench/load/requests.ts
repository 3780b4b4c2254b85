import { createHmac, randomBytes } from 'node:crypto';

/** What a load consists of: webhooks, each with an id of its own and signed, or one and the same call again and again. */
export type Requests =
  | { readonly kind: 'webhook'; readonly path: string; readonly secret: string }
  | { readonly kind: 'call'; readonly method: 'GET' | 'POST'; readonly path: string; readonly key: string };

const BODY_BYTES = 1_024;
const HOST = 'host: 127.0.0.1\r\nuser-agent: bench\r\n';

/** Makes a source of requests, each a whole HTTP/1.1 message of which the body has 1 KiB. */
export function createRequests(requests: Requests): () => Uint8Array {
  return requests.kind === 'webhook' ? webhooks(requests) : calls(requests);
}

function webhooks({ path, secret }: { path: string; secret: string }): () => Uint8Array {
  const run = randomBytes(6).toString('hex');
  let made = 0;
  return () => {
    made += 1;
    const body = padded(
      `{"id":"evt_${run}_${made.toString().padStart(9, '0')}","type":"order.completed","data":{`,
    );
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    return message(
      `POST ${path} HTTP/1.1\r\n${HOST}content-type: application/json\r\nkoywe-signature: ${mac}\r\n`,
      body,
    );
  };
}

function calls({ method, path, key }: { method: string; path: string; key: string }): () => Uint8Array {
  const start = `${method} ${path} HTTP/1.1\r\n${HOST}authorization: Bearer ${key}\r\n`;
  const request =
    method === 'GET'
      ? Buffer.from(`${start}\r\n`)
      : message(
          `${start}content-type: application/json\r\nidempotency-key: bench-1\r\n`,
          padded('{"data":{'),
        );
  return () => request;
}

/** A JSON document of exactly 1 KiB that begins so: an order, as far as its shape goes. */
function padded(start: string): string {
  const fields = '"orderId":"ord_0123456789abcdef","status":"COMPLETED","amountIn":5000,"currency":"CLP",';
  const open = `${start}${fields}"note":"`;
  return `${open}${'x'.repeat(BODY_BYTES - open.length - 3)}"}}`;
}

function message(start: string, body: string): Uint8Array {
  return Buffer.from(`${start}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
