import { type HmacInput, hmac } from '../openssl.ts';
import {
  BODY_TAMPERS,
  inHeader,
  type Keys,
  keyBytes,
  type Model,
  type ModelTime,
  type Tamper,
  textKeys,
  type Writing,
} from './model.ts';

/** A model whose MAC covers the body (and what else `content` names) and stands in a header. */
export function hmacModel(given: HmacModel): Model {
  const { scheme, source, header, content } = given;
  const digits = given.digits ?? 'hex';
  const hash = given.hash ?? 'sha256';
  return {
    scheme,
    source,
    keys: given.keys ?? textKeys(scheme),
    body: Buffer.from(given.body ?? BODY),
    bodyIsOpaque: true,
    bodyIsSigned: true,
    time: given.time ?? null,
    headers: {
      signature: header,
      id: given.idHeader ?? null,
      timestamp: given.timeHeader ?? null,
      ...(given.repeats === true ? { repeats: true } : {}),
      ...(given.idHeader === undefined ? {} : { idEnd: '.' }),
    },
    digits,
    url: given.url ?? null,
    target: null,
    parameters: given.parameters ?? {},
    eventId: given.eventId ?? (() => null),
    tampers: [
      ...BODY_TAMPERS,
      ...(given.idHeader === undefined
        ? []
        : [inHeader('another id', { header: given.idHeader, change: (id) => `${id}2` })]),
      ...(given.timeHeader === undefined
        ? []
        : [
            inHeader('another time', {
              header: given.timeHeader,
              change: (text) => String(Number(text) + 1),
            }),
          ]),
      ...(given.tampers ?? []),
    ],
    write(writing) {
      const { key, body, id, timeText, spoil } = writing;
      const signed = Buffer.concat(content(writing).map(bytes));
      const mac = hmac({ hash, key: keyBytes(key), content: signed });
      const value = given.form ?? ((text: string) => text);
      return {
        headers: [
          ...(given.idHeader === undefined ? [] : [[given.idHeader, id] as const]),
          ...(given.timeHeader === undefined ? [] : [[given.timeHeader, timeText] as const]),
          ...(given.others ?? []),
          [header, value(spoil(written(mac, digits)), writing)] as const,
        ],
        body,
        signed: given.duplicates === 'body' ? body : signed,
      };
    },
  };
}

interface HmacModel {
  readonly scheme: string;
  readonly source: string;
  readonly header: string;
  readonly content: (writing: Writing) => readonly (string | Buffer)[];
  readonly form?: (mac: string, writing: Writing) => string;
  readonly hash?: HmacInput['hash'];
  readonly digits?: Model['digits'];
  readonly keys?: Keys;
  readonly body?: string;
  readonly time?: ModelTime;
  readonly idHeader?: string;
  readonly timeHeader?: string;
  readonly others?: readonly (readonly [string, string])[];
  readonly url?: string;
  readonly eventId?: Model['eventId'];
  /** `body`: each of its bodies has a time of its own, and a repetition is signed at another time. */
  readonly duplicates?: 'body';
  readonly repeats?: boolean;
  readonly tampers?: readonly Tamper[];
  readonly parameters?: Readonly<Record<string, string>>;
}

export function written(mac: Buffer, digits: Model['digits']): string {
  if (digits === 'hex') return mac.toString('hex');
  return digits === 'HEX' ? mac.toString('hex').toUpperCase() : mac.toString('base64');
}

function bytes(part: string | Buffer): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : part;
}

const BODY = '{"id":"evt_1","type":"payment.paid","data":{"amount":1000,"currency":"EUR"}}';
