// A process that migrates the database whose address it reads, and prints what it applied.
import { text } from 'node:stream/consumers';
import { Secret, silentLog } from '#base';
import { migrate, storeMigrations } from '#store';

const url = Secret.fromText(await text(process.stdin));
const { applied } = await migrate({ url, migrations: storeMigrations, log: silentLog });
process.stdout.write(JSON.stringify(applied));
