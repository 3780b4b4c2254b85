// For tests: a second process with a keyring of its own, driven by messages from `process.send`.
import {
  type AuditPort,
  Fault,
  limitsWith,
  Secret,
  SYSTEM,
  silentLog,
  systemClock,
  toHex,
  utf8,
} from '#base';
import { createStore } from '#store';
import { type ChildTask, childTask } from './child-task.fixture.ts';
import { createKeyring, type KeyManager, openFileKeyManager } from './index.ts';

process.once('message', (message) => {
  run(childTask.parse(message)).then(
    (answer) => process.send?.({ answer }, () => process.exit(0)),
    (thrown: unknown) =>
      process.send?.({ failed: thrown instanceof Fault ? thrown.code : String(thrown) }, () =>
        process.exit(1),
      ),
  );
});
process.send?.({ ready: true });

async function run(task: ChildTask): Promise<string> {
  if (task.kind === 'root-key') return (await openFileKeyManager({ file: task.rootKey, create: true })).id;
  const store = await createStore({
    url: Secret.fromText(task.url),
    limits: limitsWith(),
    log: silentLog,
    clock: systemClock,
  });
  const keyManager = dyingAfter(await openFileKeyManager({ file: task.rootKey }), task.dieAtWrap);
  const former = task.formerRootKey === null ? [] : [await openFileKeyManager({ file: task.formerRootKey })];
  const keyring = createKeyring({
    store,
    keyManager,
    formerKeyManagers: former,
    audit: auditDyingAt(task.dieAtEntry),
    clock: systemClock,
    log: silentLog,
  });
  if (task.kind === 'rewrap') return String((await keyring.rewrap(task.environment, SYSTEM)).rewrapped);
  const sealer = await keyring.sealer(task.environment, 'events');
  const pepper = await keyring.pepper();
  const sealed = sealer.seal({ record: 'record', field: 'field' }, utf8('from a child'));
  return `${toHex(pepper.digest(pepper.current, utf8('x')))} ${toHex(sealed)}`;
}

function dyingAfter(manager: KeyManager, wraps: number): KeyManager {
  let done = 0;
  return {
    ...manager,
    wrap: (key, context) => {
      done += 1;
      if (done === wraps) process.kill(process.pid, 'SIGKILL');
      return manager.wrap(key, context);
    },
  };
}

function auditDyingAt(entries: number): AuditPort {
  let done = 0;
  const entry = async (): Promise<void> => {
    done += 1;
    if (done === entries) process.kill(process.pid, 'SIGKILL');
  };
  return { record: entry, note: entry };
}
