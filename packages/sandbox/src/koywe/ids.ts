import { randomBytes } from 'node:crypto';

/** `ord_` and `mrc_`/`org3_` were seen on live accounts; the other prefixes are ours. */
export const idPrefixes = Object.freeze({
  order: 'ord',
  contact: 'con',
  quote: 'quo',
  webhook: 'wh',
  event: 'evt',
});

export function makeId(kind: keyof typeof idPrefixes): string {
  return `${idPrefixes[kind]}_${randomBytes(12).toString('hex')}`;
}
