import { createRanges, Fault } from '#base';

/** Throws `ADDRESS_REFUSED` where an address may not be at a path. */
export type AddressGuard = (path: string, address: string) => void;

const ADMINISTRATION = '/admin/';

/**
 * Makes the guard of what only some addresses may reach: administration, before anybody is authenticated. No ranges open
 * it to all.
 */
export function createAddressGuard(adminAddresses: readonly string[]): AddressGuard {
  const allowed = createRanges(adminAddresses);
  const isOpen = adminAddresses.length === 0;
  return (path, address) => {
    if (!isOpen && path.startsWith(ADMINISTRATION) && !allowed.includes(address))
      throw new Fault('ADDRESS_REFUSED');
  };
}
