// An address is taken only by the network it belongs to, with its checksum right. K16. Vectors: EIP-55; BIP 350 (which has
// those of BIP 173 for version 0), with its invalid ones; addresses of well-known contracts and blocks for the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CryptoNetwork, isCryptoAddress, isCryptoNetwork } from '#base';

const ETHEREUM = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];

const VALID: Readonly<Record<CryptoNetwork, readonly string[]>> = {
  ETHEREUM,
  POLYGON: ETHEREUM,
  BSC: ETHEREUM,
  BITCOIN: [
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy',
    'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    'BC1SW50QGDZ25J',
    'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
  ],
  TRON: ['TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t', 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'],
  SOLANA: ['11111111111111111111111111111111', 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'],
};

const INVALID: Readonly<Record<CryptoNetwork, readonly string[]>> = {
  ETHEREUM: [
    '0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg',
    ' 0x27b1fdb04752bbc536007a920d24acb045561c26',
    '0x27b1fdb04752bbc536007a920d24acb045561c26\n',
  ],
  POLYGON: ['0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'],
  BSC: ['bnb1grpf0955h0ykzq3ar5nmum7y6gdfl6lxfn46h2'],
  BITCOIN: [
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
    'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
    'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
    'tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd',
    'BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh',
    'bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4',
    'BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R',
    'bc1pw5dgrnzv',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav',
    'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf',
    'bc1gmk9yu',
    'bc1qw508D6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
  ],
  TRON: [
    'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T',
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    '41a614f803b6fd780986a42c78ec9c7f77e6ded13c',
  ],
  SOLANA: [
    '1111111111111111111111111111111',
    '0okenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
    '111111111111111111111111111111111',
  ],
};

const networks = Object.keys(VALID).filter(isCryptoNetwork);

test('K16: published addresses are taken, and spoilt ones refused', () => {
  assert.equal(networks.length, 6);
  for (const network of networks) {
    for (const text of VALID[network]) assert.ok(isCryptoAddress(network, text), `${network} ${text}`);
    for (const text of ['', ...INVALID[network]])
      assert.ok(!isCryptoAddress(network, text), `${network} ${text}`);
  }
});

test('K16: an address of one family is none of another', () => {
  const families = ['ETHEREUM', 'BITCOIN', 'TRON', 'SOLANA'] as const;
  for (const family of families)
    for (const other of families.filter((name) => name !== family))
      for (const text of VALID[other]) assert.ok(!isCryptoAddress(family, text), `${family} ${text}`);
});

test('K16: one character changed is noticed, wherever there is a checksum', () => {
  const mixed = ETHEREUM.slice(4);
  const addresses = [
    ...mixed.map((text) => ['ETHEREUM', text] as const),
    ...(['BITCOIN', 'TRON'] as const).flatMap((network) =>
      VALID[network].map((text) => [network, text] as const),
    ),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...addresses),
      fc.nat(),
      fc.constantFrom(...'0123456789ABCDEFabcdefqpzrTx'),
      ([network, text], at, character) => {
        const place = at % text.length;
        const changed = `${text.slice(0, place)}${character}${text.slice(place + 1)}`;
        fc.pre(changed !== text);
        assert.ok(!isCryptoAddress(network, changed), changed);
      },
    ),
    { seed: 20_261_125, numRuns: 2_000 },
  );
});

test('any text whatever is a verdict, and an unknown network is no network', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...networks),
      fc.string({ unit: 'binary', maxLength: 200 }),
      (network, text) => {
        assert.equal(typeof isCryptoAddress(network, text), 'boolean');
      },
    ),
    { seed: 20_261_125 },
  );
  for (const name of ['__proto__', 'constructor', 'ethereum', '']) assert.ok(!isCryptoNetwork(name), name);
});
