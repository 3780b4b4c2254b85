import { Fault, type Log } from '#base';
import { NO_TLS, sqlStateOf, storeFault, systemCodeOf } from './failure.ts';
import { ERASER_ROLE, RUNTIME_ROLE, SCHEMA, SYSTEM_ROLE } from './isolation.ts';
import type { ConnectionPool } from './pool.ts';

/** Postgres 15, as `server_version_num`. */
export const VERSION_MIN = 150_000;

const ROLES: readonly string[] = Object.freeze([RUNTIME_ROLE, SYSTEM_ROLE, ERASER_ROLE]);

interface Facts {
  readonly version: number;
  readonly role: string;
  readonly strong: number;
  readonly owned: number;
  readonly memberships: boolean;
  readonly superuser: boolean;
  readonly migrated: boolean;
  readonly fsync: string;
  readonly synchronous: string;
}

const FACTS = `
  select current_setting('server_version_num')::int as version,
         current_user::text as role,
         (select count(*)::int from pg_roles
           where rolname = any($1) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)) as strong,
         (select count(*)::int from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any($1)) as owned,
         (select bool_and(pg_has_role(session_user, role, 'MEMBER')) from unnest($2::text[]) as role) as memberships,
         (select rolsuper from pg_roles where rolname = session_user) as superuser,
         exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname = '${SCHEMA}' and c.relname = 'schema_migrations') as migrated,
         current_setting('fsync') as fsync,
         current_setting('synchronous_commit') as synchronous`;

/**
 * Looks whether a database can keep the promises of the gateway: version, roles that own nothing and can bypass
 * nothing, commits that are on disk. Throws `DATABASE_UNSUITABLE`, or `STORE_UNAVAILABLE` when it can't be reached.
 */
export async function checkSuitability(pool: ConnectionPool, log: Log): Promise<void> {
  const facts = await read(pool);
  const wrong = [
    facts.version < VERSION_MIN && 'The server is older than Postgres 15.',
    facts.role !== RUNTIME_ROLE && `Its connections do not start as the role ${RUNTIME_ROLE}.`,
    facts.strong > 0 && `The roles ${ROLES.join(', ')} have rights beyond their tables.`,
    facts.owned > 0 && `The roles ${ROLES.join(', ')} own tables.`,
    !facts.migrated && NOT_MIGRATED,
    !facts.memberships &&
      `Its user may not become ${SYSTEM_ROLE} or ${ERASER_ROLE}: run \`sallyport migrate\`.`,
    facts.fsync !== 'on' && 'Its setting fsync is off: what is acknowledged could be lost.',
    facts.synchronous === 'off' &&
      'Its setting synchronous_commit is off: what is acknowledged could be lost.',
  ].filter((problem) => problem !== false);
  if (facts.superuser) log.warn('The database user is a superuser; give the gateway a user of its own.');
  if (wrong.length > 0) throw new Fault('DATABASE_UNSUITABLE', { detail: wrong.join(' ') });
}

async function read(pool: ConnectionPool): Promise<Facts> {
  const lease = await pool.lend().catch((error: unknown) => {
    throw notReady(error);
  });
  let broken = true;
  try {
    const { rows } = await lease.client.query<Facts>(FACTS, [ROLES, [SYSTEM_ROLE, ERASER_ROLE]]);
    broken = false;
    const [facts] = rows;
    if (facts === undefined)
      throw new Fault('DATABASE_UNSUITABLE', { detail: 'It does not answer as Postgres does.' });
    return facts;
  } catch (error) {
    throw storeFault(error, { statement: 'suitability' });
  } finally {
    lease.release(broken);
  }
}

const NOT_MIGRATED = 'It is not migrated yet: run `sallyport migrate`.';

const REFUSALS: Readonly<Record<string, string>> = Object.freeze({
  '08P01': 'Something between it and the gateway refuses startup options; connect to Postgres itself.',
  '22023': NOT_MIGRATED, // the role does not exist
  '42501': `Its user may not become ${RUNTIME_ROLE}: run \`sallyport migrate\` with both addresses.`,
  '42704': NOT_MIGRATED,
  '28P01': 'It refused the password.',
  '28000': 'It refused the user.',
  '3D000': 'There is no database of that name.',
});

// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const TLS_CODE = new RegExp(
  `^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_|ERR_TLS_|ERR_SSL_|EPROTO$|${NO_TLS}$)`,
);
const TLS_REFUSAL =
  'Its TLS certificate could not be verified: name the authority with sslrootcert in its address.';

/** A refused connection says by its code what is missing. */
function notReady(error: unknown): Fault {
  const fault = storeFault(error);
  const code = systemCodeOf(fault) ?? '';
  const detail = REFUSALS[sqlStateOf(fault) ?? ''] ?? (TLS_CODE.test(code) ? TLS_REFUSAL : undefined);
  return detail === undefined ? fault : new Fault('DATABASE_UNSUITABLE', { detail, cause: fault.cause });
}
