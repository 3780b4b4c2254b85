import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parsePublicKey, type RequestKey } from '../src/index.ts';
import { list, number, record, text } from './vector-file.ts';

/** One file of signed requests, parsed once; a file without valid or without invalid requests throws. */
export function readRequestVectorFile(url: URL): RequestVectorFile {
  return parseRequestVectorFile(JSON.parse(readFileSync(url, 'utf8')));
}

export function parseRequestVectorFile(value: unknown): RequestVectorFile {
  const file = record(value);
  const vectors = list(file.vectors).map(vector);
  assert.ok(
    vectors.some(({ expect }) => expect.ok === true),
    'a vector file without a valid request',
  );
  assert.ok(
    vectors.some(({ expect }) => expect.ok === false),
    'a vector file without an invalid request',
  );
  return { scheme: text(file.scheme), macs: list(file.macs).map(mac), vectors };
}

export interface RequestVectorFile {
  readonly scheme: string;
  /** Published under secrets that are too short to be used. */
  readonly macs: readonly RequestMacVector[];
  readonly vectors: readonly RequestVector[];
}

export interface RequestMacVector {
  readonly name: string;
  readonly secret: Uint8Array;
  readonly content: string;
  readonly macHex: string;
}

export interface RequestVector {
  readonly name: string;
  readonly keys: readonly RequestKey[];
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly nowMs: number;
  /** As the file has it: `ok` with `reason`, or with what the verdict holds, the MAC in hex. */
  readonly expect: Readonly<Record<string, unknown>>;
}

function mac(value: unknown): RequestMacVector {
  const { name, secretUtf8, contentUtf8, macHex } = record(value);
  return {
    name: text(name),
    secret: Buffer.from(text(secretUtf8)),
    content: text(contentUtf8),
    macHex: text(macHex),
  };
}

function vector(value: unknown): RequestVector {
  const { name, keys, method, target, authority, headers, bodyBase64, nowMs, expect } = record(value);
  return {
    name: text(name),
    keys: list(keys).map(key),
    method: text(method),
    target: text(target),
    authority: text(authority),
    rawHeaders: list(headers).flatMap((pair) => list(pair).map(text)),
    body: Buffer.from(text(bodyBase64), 'base64'),
    nowMs: number(nowMs),
    expect: record(expect),
  };
}

/** A secret by its bytes, past the parser, so that short ones reach the verifier. */
function key(value: unknown): RequestKey {
  const { id, algorithm, secretUtf8, publicKeyPem } = record(value);
  if (algorithm === 'hmac-sha256') {
    return { id: text(id), algorithm, secret: Buffer.from(text(secretUtf8)) };
  }
  assert.ok(algorithm === 'ed25519' || algorithm === 'ml-dsa-65', 'an algorithm');
  return { id: text(id), algorithm, publicKey: parsePublicKey({ algorithm, pem: text(publicKeyPem) }) };
}
