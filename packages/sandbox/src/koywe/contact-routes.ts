import { z } from 'zod';
import { sandboxLimits } from '../limits.ts';
import { PlatformError } from './errors.ts';
import { makeId } from './ids.ts';
import {
  addressesOf,
  isAtHome,
  merchantRoot,
  type Platform,
  parse,
  type Server,
  webhookFaultOf,
} from './platform.ts';
import type { Contact } from './records.ts';

const text = z.string().trim().min(1).max(sandboxLimits.textCharactersMax);

/** Formats that Koywe documents: https://docs.koywe.com/payments/core-concepts/contacts; other types take any text. */
const documentFormats: ReadonlyMap<string, RegExp> = new Map([
  ['CED_CIU', /^\d{6,10}$/],
  ['CPF', /^\d{11}$/],
  ['RFC', /^[A-Z0-9]{12,13}$/i],
  ['RUT', /^\d{1,2}\.?\d{3}\.?\d{3}-[\dK]$/i],
]);

const documentTypes =
  'RUT DNI CUIL CPF CURP CED_CIU CED_EXT NIT NOP RC PP DIE EIN SSN RFC RUC VAT HKID CNID NRIC FIN BN OTHER CUIT CNPJ TXID';

/** https://docs.koywe.com/english/payments/payments-api-reference/payments-api/contact/create-contact */
const contactSchema = z
  .object({
    firstName: text,
    countrySymbol: z.enum(['AR', 'CL', 'BR', 'CO', 'MX', 'PE', 'US']),
    businessType: z.enum(['PERSON', 'COMPANY', 'GOVERNMENT', 'NON_PROFIT', 'PROVIDER', 'OTHER']),
    type: z.enum(['PERSON', 'BUSINESS', 'GOVERNMENT', 'NGO', 'FOREIGN']),
    lastName: text.optional(),
    email: z.email().max(sandboxLimits.textCharactersMax).optional(),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'Invalid phone number')
      .optional(),
    documentType: z.enum(documentTypes.split(' ')).optional(),
    documentNumber: text.optional(),
    taxIdType: text.optional(),
    taxIdNumber: text.optional(),
    externalId: text.optional(),
    address: z
      .object({ street: text, city: text, state: text, zipCode: text, country: text })
      .partial()
      .optional(),
  })
  .refine((contact) => (contact.documentType === undefined) === (contact.documentNumber === undefined), {
    message: 'documentType and documentNumber belong together',
  });

const pageSchema = z.object({
  pageSize: z.coerce.number().int().min(1).max(sandboxLimits.pageMax).default(sandboxLimits.pageMax),
});

export function addContactRoutes(server: Server, platform: Platform): void {
  const { contacts, contactIdByAddress, events, report } = platform;

  server.post(`${merchantRoot}/contacts`, async (request, reply) => {
    isAtHome(platform, request);
    const input = parse(contactSchema, request.body);
    const format = documentFormats.get(input.documentType ?? '');
    if (format !== undefined && !format.test(input.documentNumber ?? '')) throw new PlatformError('DC00010');
    const addresses = addressesOf(input);
    if (addresses.some((address) => contactIdByAddress.has(address)))
      throw new PlatformError('CONTACT_DUPLICATE');
    const contact: Contact = { id: makeId('contact'), ...input, createdAt: new Date().toISOString() };
    contacts.set(contact.id, contact);
    for (const address of addresses) contactIdByAddress.set(address, contact.id);
    report({ event: 'contact.created', contactId: contact.id });
    void events.publish(
      { type: 'contact.created', resourceType: 'contact', resourceId: contact.id },
      { fault: webhookFaultOf(request) },
    );
    return reply.code(201).send(contact);
  });

  server.get(`${merchantRoot}/contacts`, async (request) => {
    const { pageSize } = parse(pageSchema, request.query);
    if (!isAtHome(platform, request)) return { contacts: [] };
    return { contacts: contacts.values().reverse().slice(0, pageSize) };
  });
}
