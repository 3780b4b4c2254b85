import type { Model } from '../model/model.ts';
import { type Case, make, write } from './case.ts';

/** Headers that are not there, empty, or there twice. */
export function headers(model: Model): Case[] {
  const message = write(model);
  return (['signature', 'id', 'timestamp'] as const).flatMap((part) => {
    const header = model.headers[part];
    if (header === null) return [];
    const without = message.headers.filter(([name]) => name !== header);
    const own = message.headers.filter(([name]) => name === header);
    const { body } = message;
    return [
      make(model, { name: `no ${header}`, message: { headers: without, body }, reason: `${part}-missing` }),
      make(model, {
        name: `an empty ${header}`,
        message: { headers: [...without, [header, '']], body },
        reason: `${part}-missing`,
      }),
      make(model, {
        name: `${header} twice`,
        message: {
          headers: [...message.headers, ...own.map(([name, value]) => [name.toLowerCase(), value] as const)],
          body,
        },
        reason: model.headers.repeats === true ? null : `${part}-repeated`,
      }),
    ];
  });
}

/** Ids that could be taken for something else, or kept as none. */
export function ids(model: Model): Case[] {
  const { idEnd } = model.headers;
  if (idEnd === undefined) return [];
  const wrong: readonly (readonly [name: string, id: string])[] = [
    ['an id that goes on behind its end', `msg${idEnd}1`],
    ['an id with a blank', 'msg 1'],
    ['an id of 257 characters', 'm'.repeat(257)],
    ['an id that is not ASCII', 'müsli'],
  ];
  return wrong.map(([name, id]) =>
    make(model, { name, message: write(model, { id }), reason: 'id-malformed' }),
  );
}
