import type { Model } from '../model/model.ts';
import { type Case, make, write } from './case.ts';

type Spoil = readonly [name: string, spoil: (mac: string) => string, reason: string];

const ALWAYS: readonly Spoil[] = [
  ['no signature behind its name', () => '', 'signature-malformed'],
  ['something behind the signature', (mac) => `${mac}!`, 'signature-malformed'],
  ['as many characters that are not ASCII', (mac) => 'é'.repeat(mac.length), 'signature-malformed'],
];
const HALF: Spoil = ['half of the signature', (mac) => mac.slice(0, mac.length / 2), 'signature-malformed'];
const HEX: readonly Spoil[] = [
  HALF,
  ['one digit off', (mac) => `${mac.slice(0, -1)}${mac.endsWith('0') ? '1' : '0'}`, 'signature-mismatch'],
  ['nothing but zeros', (mac) => '0'.repeat(mac.length), 'signature-mismatch'],
  ['hex digits behind the signature', (mac) => `${mac}00`, 'signature-malformed'],
];
const BASE64: readonly Spoil[] = [
  ['one digit off', (mac) => `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`, 'signature-mismatch'],
  ['without padding', (mac) => mac.replace(/=+$/, ''), 'signature-malformed'],
];
const SPOILS: Readonly<Record<Model['digits'], readonly Spoil[]>> = {
  hex: [...ALWAYS, ...HEX, ['in upper case', (mac) => mac.toUpperCase(), 'signature-malformed']],
  HEX: [...ALWAYS, ...HEX],
  base64: [
    ...ALWAYS,
    ...BASE64,
    HALF,
    ['in hex', (mac) => Buffer.from(mac, 'base64').toString('hex'), 'signature-malformed'],
  ],
  'base64-of-hex': [
    ...ALWAYS,
    HALF,
    ['without padding', (mac) => mac.replace(/=+$/, ''), 'signature-malformed'],
    [
      'one digit off',
      (mac) => inHex(mac, (hex) => hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))),
      'signature-mismatch',
    ],
    ['in upper case', (mac) => inHex(mac, (hex) => hex.toUpperCase()), 'signature-malformed'],
    [
      'in base64 of the bytes',
      (mac) =>
        Buffer.from(
          inHex(mac, (hex) => hex),
          'base64',
        ).toString(),
      'signature-malformed',
    ],
  ],
  signature: [...ALWAYS, ...BASE64],
};

function inHex(base64: string, change: (hex: string) => string): string {
  return Buffer.from(change(Buffer.from(base64, 'base64').toString())).toString('base64');
}

/** Every way to spoil a signature's text. */
export function signatures(model: Model): Case[] {
  return SPOILS[model.digits].flatMap(([name, spoil, reason]) => {
    let isChanged = false;
    const message = write(model, {
      spoil(mac) {
        const spoilt = spoil(mac);
        isChanged = spoilt !== mac;
        return spoilt;
      },
    });
    // An empty header, or an empty member, is none.
    const isNone = message.headers.some(([, value]) => value === '') || message.body.includes('ignature":""');
    const made = make(model, {
      name: `the signature: ${name}`,
      message,
      reason: isNone ? 'signature-missing' : reason,
    });
    return isChanged ? [made] : [];
  });
}
