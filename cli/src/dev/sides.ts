// node:crypto here: the secrets that the imitated platform has for us, as the real one would make them.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readPrivateJson, writePrivate } from './private-file.ts';

const text = z.string().regex(/^[\x21-\x7e]{16,128}$/);
const platformShape = z.strictObject({
  apiKey: text,
  secret: text,
  webhookSecret: text,
  organizationId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  merchantId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** Which connection and endpoint have these; absent until they do. */
  connection: z.string().optional(),
  endpoint: z.string().optional(),
});

/** What the sandbox, as the platform, has given us: our credential there, and the secret of our webhook. */
export type PlatformSide = z.output<typeof platformShape>;

const demoShape = z.strictObject({
  key: z.strictObject({ id: z.string(), secret: z.string() }).optional(),
  destination: z.strictObject({ id: z.string(), secret: z.string() }).optional(),
});

/** What the demo application was given: shown once, so kept here. */
export type DemoSide = z.output<typeof demoShape>;

/** Reads the platform's side, or makes it where there is none that can be read. */
export async function openPlatformSide(file: string): Promise<PlatformSide> {
  const found = platformShape.safeParse(await readPrivateJson(file));
  if (found.success) return found.data;
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const made: PlatformSide = {
    apiKey: `sandbox-${random(12)}`,
    secret: random(32),
    webhookSecret: random(32),
    organizationId: `org_${random(6)}`,
    merchantId: `mrc_${random(6)}`,
  };
  await keepPlatformSide(file, made);
  return made;
}

export async function keepPlatformSide(file: string, side: PlatformSide): Promise<void> {
  await writePrivate(file, `${JSON.stringify(side)}\n`);
}

export async function readDemoSide(file: string): Promise<DemoSide> {
  const found = demoShape.safeParse(await readPrivateJson(file));
  return found.success ? found.data : {};
}

export async function keepDemoSide(file: string, side: DemoSide): Promise<void> {
  await writePrivate(file, `${JSON.stringify(side)}\n`);
}
