// Rival of webhook in: what the platforms' pages show. Express, express.json with the raw body kept for the HMAC, and
// one INSERT for each event. Plain JavaScript: its packages are only in the bench's own lockfile.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:https';
import express from 'express';
import pg from 'pg';
import { listen, serve } from './server.ts';

const TABLE = `create table webhook_events (
  id text primary key, type text not null, payload jsonb not null, received_at timestamptz not null default now()
)`;
const INSERT =
  'insert into webhook_events (id, type, payload) values ($1, $2, $3) on conflict (id) do nothing';

serve(async ({ tls, secret, databaseUrl }) => {
  const database = new URL(databaseUrl);
  const owner = new pg.Client(database.href);
  await owner.connect();
  await owner.query('create database sample');
  await owner.end();
  database.pathname = '/sample';
  const pool = new pg.Pool({ connectionString: database.href });
  await pool.query(TABLE);
  const { rows } = await pool.query(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  );
  if (rows[0].fsync !== 'on' || rows[0].commit !== 'on') throw new Error('this Postgres is not durable');

  const app = express();
  const keepRaw = (request, _response, bytes) => {
    request.rawBody = bytes;
  };
  app.post('/webhooks', express.json({ verify: keepRaw }), async (request, response) => {
    const expected = createHmac('sha256', secret).update(request.rawBody).digest('hex');
    const given = String(request.get('koywe-signature'));
    if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) {
      response.status(401).json({ error: 'Invalid signature' });
      return;
    }
    await pool.query(INSERT, [request.body.id, request.body.type, request.body]);
    response.status(200).json({ received: true });
  });
  return { https: await listen(createServer(tls, app)) };
});
