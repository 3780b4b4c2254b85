import { type FieldShape, frozenThroughout, type RequestRule } from './request-shape.ts';

const MERCHANT = '/api/v1/organizations/{organization}/merchants/{merchant}';

const text: FieldShape = { is: 'text' };
const id: FieldShape = { is: 'id' };
const flag: FieldShape = { is: 'boolean' };
const symbol: FieldShape = { is: 'symbol' };

// Orders and quotes write an amount of either side with the currency of that side beside it.
const amounts: Readonly<Record<string, FieldShape>> = {
  amountIn: { is: 'amount', currencyField: 'originCurrencySymbol' },
  amountOut: { is: 'amount', currencyField: 'destinationCurrencySymbol' },
  originCurrencySymbol: symbol,
  destinationCurrencySymbol: symbol,
};
const SYMBOLS = ['originCurrencySymbol', 'destinationCurrencySymbol'];
const FIAT = ['PAYIN', 'PAYOUT', 'BALANCE_TRANSFER', 'PAYMENT_LINK', 'INTER_MERCHANT_TRANSFER'];
const CRYPTO = ['ONRAMP', 'OFFRAMP'];

/**
 * Orders: https://docs.koywe.com/core-concepts/orders-and-order-types (types, rules between fields),
 * https://docs.koywe.com/payments/payments-api-reference/payments-api/orders/get-order-by-external-id (other fields),
 * https://docs.koywe.com/advanced/security (form of the external id, length of the description). `successUrl` and
 * `failedUrl` are seen with integrators. A contact is not demanded: some are answered `CT00036` without one, others not.
 */
const orders: RequestRule = {
  method: 'POST',
  path: `${MERCHANT}/orders`,
  body: {
    fields: {
      type: { is: 'one-of', values: FIAT },
      ...amounts,
      quoteId: id,
      externalId: { is: 'external-id' },
      description: text,
      contactId: id,
      originAccountId: id,
      destinationAccountId: id,
      destinationMerchantId: id,
      dueDate: { is: 'date' },
      successUrl: { is: 'web-address' },
      failedUrl: { is: 'web-address' },
      enforcedDocument: text,
      sendEmail: flag,
      sendNotification: flag,
      sendWhatsapp: flag,
      sendReminders: flag,
      paymentMethods: {
        is: 'list',
        itemsMax: 10,
        items: {
          is: 'object',
          shape: {
            fields: { method: id, extra: { is: 'text-or-object' } },
            rules: [{ rule: 'required', fields: ['method'] }],
          },
        },
      },
    },
    rules: [
      { rule: 'required', fields: ['type'] },
      { rule: 'exactly-one', fields: ['amountIn', 'amountOut', 'quoteId'] },
      { rule: 'required', fields: SYMBOLS, when: { lacks: 'quoteId' } },
      { rule: 'left-out', fields: SYMBOLS, when: { has: 'quoteId' } },
      { rule: 'currency', fields: SYMBOLS },
      { rule: 'items', field: 'paymentMethods', count: 1, when: { field: 'type', isOneOf: ['PAYIN'] } },
      { rule: 'required', fields: ['destinationAccountId'], when: { field: 'type', isOneOf: ['PAYOUT'] } },
      {
        rule: 'required',
        fields: ['destinationMerchantId'],
        when: { field: 'type', isOneOf: ['INTER_MERCHANT_TRANSFER'] },
      },
    ],
  },
};

/**
 * Deals buy or sell crypto: https://docs.koywe.com/en/crypto-operations/offramp. Only an example is published, with
 * `type`, `quoteId` and `destinationAccountId`; the other fields are those of orders.
 */
const deals: RequestRule = {
  method: 'POST',
  path: `${MERCHANT}/deals`,
  body: {
    fields: {
      type: { is: 'one-of', values: CRYPTO },
      ...amounts,
      quoteId: id,
      externalId: { is: 'external-id' },
      description: text,
      contactId: id,
      originAccountId: id,
      destinationAccountId: id,
    },
    rules: [
      { rule: 'required', fields: ['type'] },
      { rule: 'at-most-one', fields: ['amountIn', 'amountOut', 'quoteId'] },
    ],
  },
};

/**
 * Quotes: https://docs.koywe.com/core-concepts/quotes-and-exchange-rates, https://docs.koywe.com/payments/core-concepts/quotes.
 */
const quotes: RequestRule = {
  method: 'POST',
  path: `${MERCHANT}/quotes`,
  body: {
    fields: {
      type: { is: 'one-of', values: [...FIAT, ...CRYPTO] },
      ...amounts,
      network: { is: 'one-of', values: ['ETHEREUM', 'POLYGON', 'BSC', 'BITCOIN', 'TRON'] },
    },
    rules: [
      { rule: 'required', fields: ['type', ...SYMBOLS] },
      { rule: 'exactly-one', fields: ['amountIn', 'amountOut'] },
      { rule: 'currency', fields: SYMBOLS, when: { field: 'type', isOneOf: FIAT } },
      { rule: 'required', fields: ['network'], when: { field: 'type', isOneOf: CRYPTO } },
    ],
  },
};

/**
 * Contacts: https://docs.koywe.com/english/payments/payments-api-reference/payments-api/contact/create-contact; an older page
 * has `fullName` and `email` in place of the names, country and kinds. Forms of documents:
 * https://docs.koywe.com/payments/core-concepts/contacts (its `CC` is `CED_CIU` to the API). The list of document types is
 * not published; only their form is checked.
 */
const contacts: RequestRule = {
  method: 'POST',
  path: `${MERCHANT}/contacts`,
  body: {
    fields: {
      firstName: text,
      lastName: text,
      fullName: text,
      email: { is: 'email' },
      phone: { is: 'phone' },
      countrySymbol: { is: 'one-of', values: ['AR', 'CL', 'BR', 'CO', 'MX', 'PE', 'US'] },
      businessType: {
        is: 'one-of',
        values: ['PERSON', 'COMPANY', 'GOVERNMENT', 'NON_PROFIT', 'PROVIDER', 'OTHER'],
      },
      type: { is: 'one-of', values: ['PERSON', 'BUSINESS', 'GOVERNMENT', 'NGO', 'FOREIGN'] },
      documentType: id,
      documentNumber: text,
      taxIdType: id,
      taxIdNumber: text,
      externalId: text,
      address: {
        is: 'object',
        shape: { fields: { street: text, city: text, state: text, zipCode: text, country: text } },
      },
    },
    rules: [
      {
        rule: 'required',
        fields: ['firstName', 'countrySymbol', 'businessType', 'type'],
        when: { lacks: 'fullName' },
      },
      { rule: 'together', fields: ['documentType', 'documentNumber'] },
      {
        rule: 'form',
        field: 'documentNumber',
        by: 'documentType',
        forms: {
          CC: /^\d{6,10}$/,
          CED_CIU: /^\d{6,10}$/,
          CPF: /^\d{11}$/,
          RFC: /^[A-Z0-9]{12,13}$/i,
          RUT: /^\d{1,2}\.?\d{3}\.?\d{3}-[\dK]$/i,
        },
      },
    ],
  },
};

/** The bodies of Koywe's calls that move money or keep a person. What its pages leave open is left open. */
export const koyweRequests: readonly RequestRule[] = frozenThroughout([orders, deals, quotes, contacts]);
