import { writeFileSync } from 'node:fs';
import type { Case } from './cases/case.ts';
import { casesOf } from './cases/cases.ts';
import type { Model, Written } from './model/model.ts';
import { models } from './model/models.ts';
import { digest } from './openssl.ts';
import { PUBLISHED } from './published.ts';

/**
 * Writes `vectors/schemes/*.json`: messages with what has to come of them, made by the models and `openssl`. Files that
 * were written by hand are left alone. Those of schemes with key pairs are new each time; name schemes to write these
 * alone: `node oracles/vectors.ts stripe wise`.
 */
function writeVectors(only: readonly string[]): void {
  for (const model of models()) {
    if (BY_HAND.has(model.scheme) || (only.length > 0 && !only.includes(model.scheme))) continue;
    const url = new URL(`../vectors/schemes/${model.scheme}.json`, import.meta.url);
    writeFileSync(url, `${JSON.stringify(vectorFile(model), null, 1)}\n`);
  }
}

/** These have more in them than a model makes. */
const BY_HAND: ReadonlySet<string> = new Set(['koywe', 'standard-webhooks']);

function vectorFile(model: Model): unknown {
  return {
    scheme: model.scheme,
    source: `Written from ${model.source} by oracles/model, with openssl for every signature.`,
    macs: [],
    vectors: [...published(model), ...casesOf(model)].map((one) => vector(model, one)),
  };
}

function vector(
  model: Model,
  { name, secrets, message, signed, nowMs, reason, secretId, sentMs }: Case,
): unknown {
  const { eventId, duplicateKey } = identityOf(model, { ...message, signed });
  return {
    name,
    secrets,
    headers: message.headers,
    bodyBase64: message.body.toString('base64'),
    nowMs,
    ...(model.url === null ? {} : { url: model.url }),
    ...(model.target === null ? {} : { target: message.target ?? model.target }),
    ...(Object.keys(model.parameters).length === 0 ? {} : { parameters: model.parameters }),
    expect:
      reason === null
        ? { ok: true, secretId, eventId, timestampMs: sentMs, duplicateKey }
        : { ok: false, reason },
  };
}

/** The id that the signature covers, and the key by which duplicates are told; docs/events.md has the rule. */
function identityOf(model: Model, message: Written): { eventId: string | null; duplicateKey: string } {
  const eventId = model.eventId(message);
  const source =
    eventId === null
      ? ['signed-bytes', digest('sha256', message.signed).toString('hex')]
      : ['event-id', eventId];
  const parts = ['sallyport/duplicate-key/1', model.scheme, ...source].map((part) => Buffer.from(part));
  const lengths = parts.map(({ length }) => Buffer.from([0, 0, length >> 8, length & 0xff]));
  const content = Buffer.concat(parts.flatMap((part, index) => [lengths[index] ?? Buffer.alloc(0), part]));
  return { eventId, duplicateKey: digest('sha256', content).toString('hex') };
}

/** What a platform itself published, as cases of ours. */
function published(model: Model): readonly Case[] {
  return PUBLISHED.filter(({ scheme }) => scheme === model.scheme).map((one) => {
    const body = Buffer.from(one.body);
    return {
      name: `published: ${one.source}`,
      secrets: [{ id: 'current', text: one.secret }],
      message: { headers: one.headers, body },
      signed: one.signed === undefined ? body : Buffer.from(one.signed),
      nowMs: one.nowMs,
      reason: null,
      secretId: 'current',
      sentMs: one.sentMs,
    };
  });
}

if (import.meta.main) writeVectors(process.argv.slice(2));
