// The merchant, its payment methods and its contacts answer as Koywe documents: required and paired fields, document
// formats, one contact per e-mail or phone, the newest first in a list of at most pageSize. K12 K16
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  credential,
  type Harness,
  merchantPath,
  organizationPath,
  startHarness,
} from '../sandbox.harness.ts';

let harness: Harness;
before(async () => {
  harness = await startHarness();
  await harness.signIn();
});
after(() => harness.close());

const contactsPath = `${merchantPath}/contacts`;
const person = { firstName: 'Ana', countrySymbol: 'CL', businessType: 'PERSON', type: 'PERSON' };

async function create(
  more: Record<string, unknown>,
): Promise<{ status: number; json: Record<string, unknown> }> {
  return harness.call('POST', contactsPath, { body: { ...person, ...more } });
}

test('the merchant and its payment methods can be read', async () => {
  const merchant = await harness.call('GET', merchantPath);
  assert.equal(merchant.json['id'], credential.merchantId);
  assert.deepEqual(merchant.json['profile'], { name: 'Sandbox merchant' });
  const path = '/api/v1/payment-method?countrySymbol=CL&currencySymbol=CLP';
  const { json } = await harness.call('GET', path);
  assert.ok(Array.isArray(json['paymentMethods']));
  const [method] = json['paymentMethods'];
  assert.equal(method.method, 'KHIPU');
  assert.deepEqual(Object.keys(method), [
    'method',
    'name',
    'minAmount',
    'maxAmount',
    'responseType',
    'requiredFields',
  ]);
  assert.equal((await harness.call('GET', '/api/v1/payment-method')).status, 400);
});

test('K16: a contact needs its four fields, known values and an international phone', async () => {
  assert.equal((await create({})).status, 201);
  for (const more of [
    { firstName: '' },
    { firstName: undefined },
    { countrySymbol: 'XX' },
    { businessType: 'CLUB' },
    { type: 'ROBOT' },
    { email: 'not an address' },
    { documentType: 'RUT' },
    { documentNumber: '12.345.678-5' },
    { documentType: 'LIBRARY', documentNumber: '1' },
  ]) {
    assert.equal((await create(more)).status, 400, JSON.stringify(more));
  }
  const phone = await create({ phone: '12345' });
  assert.match(String(phone.json['message']), /Invalid phone number/);
});

test('K16: document numbers are checked by their type', async () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['RUT', '12.345.678-5', '12345'],
    ['CPF', '12345678901', '123'],
    ['CED_CIU', '123456', '12345'],
    ['RFC', 'ABCD010203XYZ', 'ABC'],
  ];
  for (const [documentType, good, bad] of cases) {
    assert.equal((await create({ documentType, documentNumber: good })).status, 201, documentType);
    assert.equal(
      (await create({ documentType, documentNumber: bad })).json['errorCode'],
      'DC00010',
      documentType,
    );
  }
});

test('a second contact with the same e-mail or phone is 409', async () => {
  const first = { email: 'Same@a.test', phone: '+56911112222' };
  assert.equal((await create(first)).status, 201);
  for (const more of [{ email: 'same@a.test' }, { phone: first.phone }]) {
    const { status, json } = await create(more);
    assert.equal(status, 409);
    assert.equal(json['message'], 'Contact with same email or phone already exists');
  }
});

test('the list is the newest first, at most pageSize, and empty elsewhere', async () => {
  const { json } = await create({ firstName: 'Newest' });
  const list = await harness.call('GET', `${contactsPath}?pageSize=2`);
  assert.ok(Array.isArray(list.json['contacts']));
  assert.equal(list.json['contacts'].length, 2);
  assert.equal(list.json['contacts'][0].id, json['id']);
  assert.equal((await harness.call('GET', `${contactsPath}?pageSize=101`)).status, 400);
  const elsewhere = await harness.call('GET', `${organizationPath}/merchants/mrc_other/contacts`);
  assert.deepEqual(elsewhere.json, { contacts: [] });
});

test('K12 K13: no line about a contact holds its data', async () => {
  const { json } = await create({ firstName: 'Lineless', email: 'lineless@a.test' });
  await harness.line(({ contactId }) => contactId === json['id']);
  assert.ok(!/lineless/i.test(JSON.stringify(harness.lines)));
});
