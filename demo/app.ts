// An application behind Sallyport: it creates orders at Koywe without holding a credential of Koywe's, and receives
// their events without ever seeing one that wasn't verified.
import { randomUUID } from 'node:crypto';
import { createSallyport, verifyDelivery } from '@sallyport/sdk';
import type { Received, Reply } from './serve.ts';
import { fileNamedBy, say, serve, setting } from './serve.ts';

const sallyport = createSallyport({
  url: setting('SALLYPORT_URL'),
  ca: fileNamedBy('SALLYPORT_CA_FILE'),
  key: fileNamedBy('SALLYPORT_KEY_FILE'),
});
const connection = setting('SALLYPORT_CONNECTION');
const secret = fileNamedBy('SALLYPORT_DELIVERY_SECRET_FILE');
const merchant = `/api/v1/organizations/${setting('KOYWE_ORGANIZATION')}/merchants/${setting('KOYWE_MERCHANT')}`;

/** The ids of the last deliveries. An application with a database keeps them there, under a unique constraint. */
const handled = new Set<string>();
const handledMax = 10_000;

async function createOrder(): Promise<Reply> {
  const externalId = randomUUID();
  const person = { firstName: 'Ada', email: `${externalId}@example.com`, countrySymbol: 'CL' };
  const contact = await post('/contacts', { ...person, businessType: 'PERSON', type: 'PERSON' });
  if (contact.status >= 300) return contact;
  const contactId = idOf(contact.body);
  const amount = { amountIn: 5000, originCurrencySymbol: 'CLP', destinationCurrencySymbol: 'CLP' };
  const paymentMethods = [{ method: 'KHIPU' }];
  return post('/orders', { type: 'PAYIN', ...amount, contactId, externalId, paymentMethods });
}

function idOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
}

function post(path: string, body: unknown): Promise<Reply> {
  return sallyport.call(connection, { method: 'POST', path: `${merchant}${path}`, body });
}

async function receive({ rawHeaders, body }: Received): Promise<Reply> {
  const delivery = verifyDelivery({ secret, headers: rawHeaders, body });
  if (!delivery.ok) return { status: 401, body: { error: 'unauthorized' } };
  if (isNew(delivery.id))
    say({ event: 'delivery.received', id: delivery.id, type: delivery.event?.type ?? null });
  return { status: 200, body: {} };
}

function isNew(id: string): boolean {
  if (handled.has(id)) return false;
  const [oldest] = handled;
  if (oldest !== undefined && handled.size >= handledMax) handled.delete(oldest);
  handled.add(id);
  return true;
}

serve({ 'POST /orders': createOrder, 'POST /webhooks': receive });
