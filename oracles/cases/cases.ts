import type { Model, Tamper } from '../model/model.ts';
import { type Case, make, write } from './case.ts';
import { headers, ids } from './headers.ts';
import { right } from './right.ts';
import { secrets } from './secrets.ts';
import { signatures } from './signatures.ts';
import { times } from './times.ts';

/** Everything that is done to a model's messages. */
export function casesOf(model: Model): readonly Case[] {
  return [
    ...right(model),
    ...signatures(model),
    ...secrets(model),
    ...model.tampers.map((tamper) => tampered(model, tamper)),
    ...headers(model),
    ...ids(model),
    ...times(model),
  ];
}

function tampered(model: Model, { name, change, reason }: Tamper): Case {
  return make(model, {
    name,
    message: { signed: write(model).signed, ...change(write(model)) },
    reason: reason === undefined ? 'signature-mismatch' : reason,
  });
}
