import type { Model } from '../model/model.ts';
import { type Case, make, write } from './case.ts';

/** Other secrets than the right one, and such as can't be used. */
export function secrets(model: Model): Case[] {
  const { current, stranger } = model.keys;
  const cases = [
    make(model, {
      name: 'another secret',
      message: write(model, { key: stranger }),
      reason: 'signature-mismatch',
    }),
    make(model, { name: 'no secret at all', secrets: [], message: write(model), reason: 'no-secret' }),
  ];
  if (typeof current.secret === 'string') {
    const base64 = Buffer.from('long enough, but no key').toString('base64');
    return [
      ...cases,
      make(model, {
        name: 'bytes that are no key',
        secrets: [{ id: 'other', base64 }],
        message: write(model),
        reason: 'secret-unusable',
      }),
    ];
  }
  return [
    ...cases,
    ...['', 'fifteen bytes !'].map((text) => {
      const secret = Buffer.from(text);
      return make(model, {
        name: `a secret of ${secret.length} bytes`,
        secrets: [{ id: 'short', base64: secret.toString('base64') }],
        message: write(model, secret.length === 0 ? {} : { key: { text, secret } }),
        reason: 'secret-unusable',
      });
    }),
  ];
}
