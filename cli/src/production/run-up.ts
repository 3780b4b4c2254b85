import { isatty } from 'node:tty';
import { createLogger, openLogOutput, systemClock } from '@sallyport/gateway/base';
import { portProblem } from '../dev/ports.ts';
import type { Options } from '../terminal/command.ts';
import { endingSignal } from '../terminal/endings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { loadNamed } from './load.ts';
import { migrateDatabase } from './migrate-database.ts';
import { openGateway, refuseInsecure } from './open-gateway.ts';

/**
 * Starts a gateway by its configuration and runs it until a signal; then lets what is under way finish. Log lines go
 * to stdout; with `--json` the first line there says that it is ready, and lines before it go to stderr.
 */
export async function runUp(given: {
  readonly terminal: Terminal;
  readonly options: Options;
  readonly migrate: boolean;
  readonly createRootKey: boolean;
}): Promise<void> {
  const { terminal, options, migrate, createRootKey } = given;
  const { config } = loadNamed(options);
  refuseInsecure(config);
  const output = openLogOutput({ descriptor: 1, queueBytesMax: config.limits.logQueueBytesMax });
  let isReady = false;
  const log = createLogger({
    level: config.log.level,
    format: terminal.json ? 'json' : config.log.format,
    write: (line) => {
      if (isReady || !terminal.json) output.write(line);
      else process.stderr.write(line);
    },
    colour: isatty(1) && (process.env['NO_COLOR'] ?? '') === '',
    clock: systemClock,
    textCharactersMax: config.limits.logTextCharactersMax,
  });
  const ending = endingSignal(() => process.exit(130), ['SIGINT', 'SIGTERM']);
  // Heard from the first moment on: unheard, it would end the process.
  let reload = (): void => undefined;
  process.on('SIGHUP', () => reload());
  try {
    if (migrate) await migrateDatabase(config, log);
    const gateway = await openGateway({ config, log, createRootKey, isServing: true });
    try {
      const { host, port } = await gateway.start().catch((thrown: unknown) => {
        const { host: wished, port: tls, plainPort } = config.listen;
        const isPlain = thrown instanceof Error && 'port' in thrown && thrown.port === plainPort;
        throw portProblem(
          isPlain && plainPort !== null
            ? { host: wished, port: plainPort, name: 'redirects', option: 'listen.plainPort' }
            : { host: wished, port: tls, name: 'gateway', option: 'listen.port, SALLYPORT_LISTEN_PORT' },
          thrown,
        );
      });
      const api = config.publicUrl ?? `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
      if (terminal.json) output.write(`${JSON.stringify({ ready: true, api, address: host, port })}\n`);
      isReady = true;
      reload = () => gateway.reloadCertificate();
      log.info('ready', { url: api });
      const signal = await ending;
      log.info('stopping: what is under way gets to finish', { name: signal });
    } finally {
      await gateway.stop();
    }
    log.info('stopped');
  } finally {
    await output.close();
  }
}
