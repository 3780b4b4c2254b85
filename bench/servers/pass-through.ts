// Rivals of call out. The least that a proxy can do: it replaces the credential and streams both ways through undici. And the
// same with the least record that leaves no call without a trace: one row on disk before it calls, one before its answer ends.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import pg from 'pg';
import { type Dispatcher, Pool } from 'undici';
import { listen, serve, type Tls } from './server.ts';

export interface PassThroughSettings {
  readonly tls: Tls;
  readonly ca: string;
  readonly upstream: string;
  readonly databaseUrl: string;
}

export interface PassThroughPorts {
  /** Keeps nothing. */
  readonly https: number;
  /** Keeps two rows for each call. */
  readonly recording: number;
}

const CONNECTIONS = 128;
/** As many as the calls under way at once, so that none waits for one. */
const DATABASE_CONNECTIONS = 32;
const TABLES = `create table intents (id bigint generated always as identity primary key, at timestamptz not null default now(), path text not null);
  create table outcomes (id bigint not null, at timestamptz not null default now(), status integer not null)`;
const INTENT = 'insert into intents (path) values ($1) returning id';
const OUTCOME = 'insert into outcomes (id, status) values ($1, $2)';

serve(async ({ tls, ca, upstream, databaseUrl }: PassThroughSettings): Promise<PassThroughPorts> => {
  const pool = new Pool(upstream, { connections: CONNECTIONS, connect: { ca } });
  const database = await openDatabase(databaseUrl);
  const streaming = createServer(tls, (request, response) => {
    call(pool, request)
      .then((answer) => {
        head(response, answer);
        answer.body.pipe(response);
      })
      .catch(() => response.writeHead(502).end());
  });
  const recording = createServer(tls, (request, response) => {
    recorded({ pool, database, request, response }).catch(() => response.writeHead(502).end());
  });
  return { https: await listen(streaming), recording: await listen(recording) };
});

async function openDatabase(url: string): Promise<pg.Pool> {
  const address = new URL(url);
  const owner = new pg.Client(address.href);
  await owner.connect();
  await owner.query('create database pass_through');
  await owner.end();
  address.pathname = '/pass_through';
  const database = new pg.Pool({ connectionString: address.href, max: DATABASE_CONNECTIONS });
  await database.query(TABLES);
  return database;
}

interface Recorded {
  readonly pool: Pool;
  readonly database: pg.Pool;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function recorded({ pool, database, request, response }: Recorded): Promise<void> {
  const { rows } = await database.query<{ id: string }>({
    name: 'intent',
    text: INTENT,
    values: [request.url],
  });
  const answer = await call(pool, request);
  const body = await answer.body.bytes();
  await database.query({ name: 'outcome', text: OUTCOME, values: [rows[0]?.id, answer.statusCode] });
  head(response, answer).end(body);
}

function call(pool: Pool, request: IncomingMessage): Promise<Dispatcher.ResponseData> {
  const type = request.headers['content-type'];
  return pool.request({
    path: request.url ?? '/',
    method: request.method === 'GET' ? 'GET' : 'POST',
    headers: {
      authorization: 'Bearer token-of-the-platform',
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    body: request.method === 'GET' ? null : request,
  });
}

function head(response: ServerResponse, { statusCode, headers }: Dispatcher.ResponseData): ServerResponse {
  const type = headers['content-type'];
  return response.writeHead(statusCode, {
    'content-type': typeof type === 'string' ? type : 'application/json',
  });
}
