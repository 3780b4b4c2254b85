import type { Model, Written } from '../model/model.ts';
import { type Case, make, write } from './case.ts';

/** Messages that are right, among them those that are taken apart and put together wrongly on the way to many a verifier. */
export function right(model: Model): Case[] {
  const message = write(model);
  const { current, older } = model.keys;
  const renamed = (change: (name: string) => string): Written => ({
    ...message,
    headers: message.headers.map(([name, value]) => [change(name), value] as const),
  });
  const cases = [
    make(model, { name: 'a valid message', message }),
    make(model, { name: 'header names in lower case', message: renamed((name) => name.toLowerCase()) }),
    make(model, { name: 'header names in upper case', message: renamed((name) => name.toUpperCase()) }),
    make(model, {
      name: 'other headers around it',
      message: {
        ...message,
        headers: [['Host', 'hooks.example.test'], ...message.headers, ['X-Forwarded-For', '192.0.2.1']],
      },
    }),
    make(model, {
      name: 'the older of two secrets',
      secrets: [
        { id: 'current', text: current.text },
        { id: 'older', text: older.text },
      ],
      message: write(model, { key: older }),
      secretId: 'older',
    }),
  ];
  if (!model.bodyIsOpaque) return cases;
  const bodies: readonly (readonly [string, Buffer])[] = [
    ['a body that is not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x7d])],
    ['an empty body', Buffer.alloc(0)],
    ['a body with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), model.body])],
    ['a number written 1.0 and an escape', Buffer.from('{ "amount": 1.0, "name": "\\u00e9" }\n')],
  ];
  return [...cases, ...bodies.map(([name, body]) => make(model, { name, message: write(model, { body }) }))];
}
