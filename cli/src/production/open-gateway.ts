import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, Gateway, Log } from '@sallyport/gateway';
import { insecurities } from '@sallyport/gateway/base';
import { withRootKey } from '../dev/database.ts';
import { Problem } from '../problem.ts';

/** Refuses a configuration that is unfit for production, naming every finding. */
export function refuseInsecure(config: Config): void {
  const found = insecurities(config);
  if (found.length === 0) return;
  throw new Problem({
    code: 'CONFIG_INSECURE',
    message: `The configuration is insecure in ${found.length} way(s), so nothing was started.`,
    remedy:
      'Correct them all; none can be waived. `sallyport config explain` shows where each value came from.',
    fields: found.map(({ code, what, remedy }) => ({ path: code, problem: `${what} ${remedy}` })),
  });
}

/** A gateway by its configuration, not yet listening. */
export async function openGateway(given: {
  readonly config: Config;
  readonly log: Log;
  readonly createRootKey: boolean;
  /** For local commands: no certificate is needed to administer. */
  readonly isServing: boolean;
}): Promise<Gateway> {
  const { config, log, createRootKey, isServing } = given;
  const { createGateway, systemClock } = await import('@sallyport/gateway');
  const { databaseUrl, rootKeyFile, listen, tls, outbound, audit, limits } = config;
  if (databaseUrl === null) throw noDatabase();
  const pem = isServing ? await readTls(tls) : { key: '', cert: '' };
  const ca = outbound.caFile === null ? null : await readPem('outbound.caFile', outbound.caFile);
  return withRootKey(rootKeyFile, () =>
    createGateway({
      databaseUrl,
      rootKeyFile,
      createRootKey,
      listen,
      publicUrl: config.publicUrl,
      redisUrl: isServing ? config.redisUrl : null,
      tls: pem,
      trustedProxies: config.trustedProxies,
      adminAddresses: config.admin.allowedAddresses,
      outbound: { ca, declaredHosts: outbound.declaredHosts },
      checkpointDirectory: audit.checkpointDirectory,
      limits,
      clock: systemClock,
      log,
    }),
  );
}

/**
 * A gateway for a local command: the configured one, or, where no database is configured, the embedded one of the state
 * folder while nothing runs on it. `close` ends it and what was started for it.
 */
export async function openLocalGateway(given: {
  readonly config: Config;
  readonly log: Log;
  readonly createRootKey: boolean;
}): Promise<{ gateway: Gateway; close: () => Promise<void> }> {
  const { config, log } = given;
  if (config.databaseUrl !== null) {
    const gateway = await openGateway({ ...given, isServing: false });
    return { gateway, close: () => gateway.stop() };
  }
  const { startEmbedded } = await import('@sallyport/gateway');
  const server = await startEmbedded({ directory: join(config.stateDirectory, 'postgres'), log });
  try {
    const gateway = await openGateway({
      ...given,
      config: { ...config, databaseUrl: server.url },
      isServing: false,
    });
    return {
      gateway,
      async close() {
        await gateway.stop();
        await server.stop();
      },
    };
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
}

export function noDatabase(): Problem {
  return new Problem({
    code: 'NO_DATABASE',
    message: 'No database is configured.',
    remedy: 'Set DATABASE_URL or DATABASE_URL_FILE to a Postgres of version 15 or later.',
  });
}

/** The listener's TLS, with its files, so that it is renewed as they are. */
async function readTls({ keyFile, certFile, clientCaFile, clientCertificates }: Config['tls']) {
  const key = await readPem('tls.keyFile', keyFile);
  const cert = await readPem('tls.certFile', certFile);
  const clientCa = clientCaFile === null ? null : await readPem('tls.clientCaFile', clientCaFile);
  const files = keyFile === null || certFile === null ? null : { keyFile, certFile, clientCaFile };
  return { key, cert, clientCa, clientCertificates: clientCertificates ?? ('off' as const), files };
}

async function readPem(name: string, file: string | null): Promise<string> {
  const text = file === null ? '' : await readFile(file, 'utf8').catch(() => '');
  if (text.includes('-----BEGIN ')) return text;
  throw new Problem({
    code: 'TLS_UNREADABLE',
    message: `${name} is not set to a PEM file that can be read.`,
    remedy: 'Name one that this user can read.',
  });
}
