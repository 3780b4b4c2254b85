import { Client } from 'pg';
import { openSecretText } from '#base';
import { sharedGateway } from '#test/shared-gateway';

/** For tests: does `work` while no entry of the log can be written, as though its disk were full. */
export async function withoutLog(work: () => Promise<void>): Promise<void> {
  const { databaseUrl } = await sharedGateway();
  const owner = new Client(openSecretText(databaseUrl));
  await owner.connect();
  try {
    await owner.query('revoke insert on sallyport.audit_pending from sallyport_runtime');
    await work();
  } finally {
    await owner.query('grant insert on sallyport.audit_pending to sallyport_runtime');
    await owner.end();
  }
}
