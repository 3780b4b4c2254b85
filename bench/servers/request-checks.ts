import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import {
  type RequestKey,
  type RequestSchemeName,
  type RequestSigningKey,
  signRequest,
  verifyRequest,
} from '../../packages/schemes/src/index.ts';
import { messageBase } from '../../packages/schemes/src/requests/message-base.ts';
import { REQUEST_SCHEMES } from '../../packages/schemes/src/requests/request-schemes.ts';
import { readSignatureInput } from '../../packages/schemes/src/requests/signature-input.ts';
import { answerParent } from '../child.ts';

export interface RequestCheckOrder {
  readonly rounds: number;
}

const NAMES = [
  'mintmove, HMAC-SHA-256',
  'bare HMAC over the same',
  'rfc9421, HMAC-SHA-256',
  'bare SHA-256 of the body and HMAC over the base',
  'rfc9421, Ed25519',
  'bare SHA-256 of the body and Ed25519 over the base',
  'rfc9421, ML-DSA-65',
  'bare SHA-256 of the body and ML-DSA-65 over the base',
] as const;

/** Microseconds of one verification, for each round. */
export type RequestCheckResult = Record<(typeof NAMES)[number], number[]>;

const TURNS = 20;
const CHECKS = 20;
const WARM_UP_ROUNDS = 2;
const CALL = Object.freeze({
  method: 'POST',
  target: `/out/con_${'0'.repeat(26)}/v1/orders?x=1`,
  authority: 'gateway.example',
  body: Buffer.from(JSON.stringify({ note: 'x'.repeat(1_012) })),
});
const KEY_ID = `key_${'0'.repeat(26)}`;

type Check = () => Promise<boolean>;

answerParent(async ({ rounds }: RequestCheckOrder): Promise<RequestCheckResult> => {
  const checks = await prepare();
  const result = Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as RequestCheckResult;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const spentMs = NAMES.map(() => 0);
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [at, name] of NAMES.entries())
        spentMs[at] = (spentMs[at] ?? 0) + (await timed(checks[name]));
    }
    if (round < 0) continue;
    for (const [at, name] of NAMES.entries())
      result[name].push(((spentMs[at] ?? 0) * 1_000) / (TURNS * CHECKS));
  }
  return result;
});

async function timed(check: Check): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < CHECKS; count += 1) {
    // A refusal is cheaper than an acceptance: it must not be measured as one.
    if (!(await check())) throw new Error('a signature that is right was refused');
  }
  return performance.now() - startedAt;
}

async function prepare(): Promise<Record<(typeof NAMES)[number], Check>> {
  const secret = randomBytes(32);
  const shared = { id: 'sgn_1', algorithm: 'hmac-sha256', secret } as const;
  const edwards = generateKeyPairSync('ed25519');
  const lattice = generateKeyPairSync('ml-dsa-65');
  const ed25519 = { id: 'sgn_1', algorithm: 'ed25519', publicKey: edwards.publicKey } as const;
  const mlDsa = { id: 'sgn_1', algorithm: 'ml-dsa-65', publicKey: lattice.publicKey } as const;

  const mintmove = await signed('mintmove', shared);
  const byHmac = await signed('rfc9421', shared);
  const byEdwards = await signed('rfc9421', { algorithm: 'ed25519', privateKey: edwards.privateKey });
  const byLattice = await signed('rfc9421', { algorithm: 'ml-dsa-65', privateKey: lattice.privateKey });
  const [hmacBase, edwardsBase, latticeBase] = [byHmac, byEdwards, byLattice].map(baseOf);
  if (hmacBase === undefined || edwardsBase === undefined || latticeBase === undefined)
    throw new Error('no signature base');

  const headers = new Map(pairs(mintmove.rawHeaders));
  const timestamp = headers.get('X-API-TIMESTAMP') ?? '';
  const mac = Buffer.from(headers.get('X-API-SIGN') ?? '', 'hex');
  return {
    'mintmove, HMAC-SHA-256': ours(mintmove, shared),
    'bare HMAC over the same': async () =>
      timingSafeEqual(
        createHmac('sha256', secret)
          .update(`${CALL.method}${CALL.target}`)
          .update(CALL.body)
          .update(timestamp)
          .digest(),
        mac,
      ),
    'rfc9421, HMAC-SHA-256': ours(byHmac, shared),
    'bare SHA-256 of the body and HMAC over the base': async () =>
      isBody() &&
      timingSafeEqual(createHmac('sha256', secret).update(hmacBase.text).digest(), hmacBase.signature),
    'rfc9421, Ed25519': ours(byEdwards, ed25519),
    'bare SHA-256 of the body and Ed25519 over the base': bare(edwardsBase, ed25519.publicKey),
    'rfc9421, ML-DSA-65': ours(byLattice, mlDsa),
    'bare SHA-256 of the body and ML-DSA-65 over the base': bare(latticeBase, mlDsa.publicKey),
  };
}

interface SignedRequest {
  readonly scheme: RequestSchemeName;
  readonly rawHeaders: readonly string[];
  readonly nowMs: number;
}

async function signed(scheme: RequestSchemeName, key: RequestSigningKey): Promise<SignedRequest> {
  const nowMs = Date.now();
  const nonce = randomBytes(16).toString('hex');
  const headers = await signRequest({ scheme, keyId: KEY_ID, key, ...CALL, nowMs, nonce });
  return { scheme, rawHeaders: headers.flat(), nowMs };
}

/** The clock stands where it was when the request was signed: a long run makes nothing too old. */
function ours({ scheme, rawHeaders, nowMs }: SignedRequest, key: RequestKey): Check {
  return async () => (await verifyRequest({ scheme, ...CALL, rawHeaders, keys: [key], nowMs })).ok;
}

const DIGEST = createHash('sha256').update(CALL.body).digest();

function isBody(): boolean {
  return timingSafeEqual(createHash('sha256').update(CALL.body).digest(), DIGEST);
}

interface Base {
  readonly text: string;
  readonly signature: Uint8Array;
}

/** What is signed, made once beforehand: the rival is spared reading headers and building it. */
function baseOf({ rawHeaders }: SignedRequest): Base {
  const scheme = REQUEST_SCHEMES.rfc9421;
  if (scheme.kind === 'concatenated') throw new Error('rfc9421 signs no base');
  const read = readSignatureInput(scheme, rawHeaders);
  if (read === null || !read.ok) throw new Error('what was signed cannot be read');
  const { components, parametersText, signature } = read;
  const text = messageBase(scheme, { ...CALL, rawHeaders, components, parametersText });
  if (typeof text !== 'string') throw new Error(text.reason);
  return { text, signature };
}

/** By the thread pool, as ours: a thread of it is part of the cost of both. */
function bare({ text, signature }: Base, publicKey: Parameters<typeof verify>[2]): Check {
  return async () =>
    isBody() &&
    (await new Promise<boolean>((resolve) => {
      verify(null, Buffer.from(text), publicKey, signature, (error, isRight) =>
        resolve(error === null && isRight),
      );
    }));
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    list.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return list;
}
