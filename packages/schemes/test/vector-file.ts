import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** One vector file, parsed once; an empty list or an unknown shape throws, so that no file passes by testing nothing. */
export function readVectorFile(url: URL): VectorFile {
  return parseVectorFile(JSON.parse(readFileSync(url, 'utf8')));
}

export function parseVectorFile(value: unknown): VectorFile {
  const file = record(value);
  const macs = list(file.macs).map(mac);
  const vectors = list(file.vectors).map(vector);
  assert.ok(
    vectors.some(({ expect }) => expect.ok),
    'a vector file without a valid message',
  );
  assert.ok(
    vectors.some(({ expect }) => !expect.ok),
    'a vector file without an invalid message',
  );
  return { scheme: text(file.scheme), macs, vectors };
}

export interface VectorFile {
  readonly scheme: string;
  /** MACs by themselves, also under secrets that are too short to be configured. There may be none. */
  readonly macs: readonly MacVector[];
  readonly vectors: readonly Vector[];
}

export interface MacVector {
  readonly name: string;
  readonly secret: Uint8Array;
  readonly content: Uint8Array;
  readonly mac: string;
}

export interface Vector {
  readonly name: string;
  readonly secrets: readonly {
    readonly id: string;
    readonly text: string | null;
    readonly bytes: Uint8Array;
  }[];
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly nowMs: number;
  readonly toleranceSeconds: number | null;
  /** The notification address as configured, where that is signed. */
  readonly url: string | null;
  /** The target of the request, where a value of its query is signed. */
  readonly target: string | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly expect: Expectation;
}

export type Expectation =
  | {
      readonly ok: true;
      readonly secretId: string;
      readonly eventId: string | null;
      readonly timestampMs: number | null;
      readonly duplicateKey: string;
    }
  | { readonly ok: false; readonly reason: string };

export function record(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object');
  return { ...value };
}

export function list(value: unknown): unknown[] {
  assert.ok(Array.isArray(value), 'a list');
  return value;
}

export function text(value: unknown): string {
  assert.ok(typeof value === 'string', 'a text');
  return value;
}

export function number(value: unknown): number {
  assert.ok(typeof value === 'number', 'a number');
  return value;
}

function mac(value: unknown): MacVector {
  const { name, secretUtf8, secretBase64, contentBase64, macHex } = record(value);
  const secret =
    secretUtf8 === undefined
      ? Buffer.from(text(secretBase64), 'base64')
      : Buffer.from(text(secretUtf8), 'utf8');
  return { name: text(name), secret, content: Buffer.from(text(contentBase64), 'base64'), mac: text(macHex) };
}

function vector(value: unknown): Vector {
  const fields = record(value);
  const { name, secrets, headers, bodyBase64, nowMs, toleranceSeconds, expect } = fields;
  return {
    name: text(name),
    secrets: list(secrets).map(secret),
    rawHeaders: list(headers).flatMap((pair) => list(pair).map(text)),
    body: Buffer.from(text(bodyBase64), 'base64'),
    nowMs: number(nowMs),
    toleranceSeconds: toleranceSeconds === undefined ? null : number(toleranceSeconds),
    url: fields.url === undefined ? null : text(fields.url),
    target: fields.target === undefined ? null : text(fields.target),
    parameters: fields.parameters === undefined ? {} : texts(fields.parameters),
    expect: expectation(expect),
  };
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record(value)).map(([name, each]) => [name, text(each)]));
}

/** `text` as a person would configure it, or bytes that no parser would let through. */
function secret(value: unknown): { id: string; text: string | null; bytes: Uint8Array } {
  const fields = record(value);
  return fields.text === undefined
    ? { id: text(fields.id), text: null, bytes: Buffer.from(text(fields.base64), 'base64') }
    : { id: text(fields.id), text: text(fields.text), bytes: new Uint8Array(0) };
}

function expectation(value: unknown): Expectation {
  const { ok, reason, secretId, eventId, timestampMs, duplicateKey } = record(value);
  if (ok !== true) return { ok: false, reason: text(reason) };
  return {
    ok: true,
    secretId: text(secretId),
    eventId: eventId === null ? null : text(eventId),
    timestampMs: timestampMs === null ? null : number(timestampMs),
    duplicateKey: text(duplicateKey),
  };
}
