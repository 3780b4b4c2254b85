export type SealPurpose =
  | 'events'
  | 'endpoints'
  | 'connections'
  | 'destinations'
  | 'deliveries'
  | 'audit'
  | 'access'
  | 'tokens';

/**
 * What data keys are for, and the table whose values each seals. Both names are part of what is authenticated in every
 * sealed value: they stay as they are for as long as a value lives, whatever a table comes to be called.
 */
export const PURPOSES: Readonly<Record<SealPurpose, { readonly table: string }>> = Object.freeze({
  events: row('events'),
  endpoints: row('endpoints'),
  connections: row('connections'),
  destinations: row('destinations'),
  deliveries: row('deliveries'),
  audit: row('audit'),
  access: row('access'),
  tokens: row('tokens'),
});

function row(table: string): { readonly table: string } {
  return Object.freeze({ table });
}
