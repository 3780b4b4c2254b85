import { isInNetwork, parseNetwork } from '#base';

/** A range of addresses that is not called, or only when its host is declared. */
export interface Range {
  /** The range in CIDR notation. */
  readonly cidr: string;
  /** What the range is for; appears in faults and the log. */
  readonly name: string;
  /** Whether a host in `declaredHosts` may be there. */
  readonly declarable: boolean;
  /** Where it is defined. The list follows IANA's special-purpose address registries (RFC 6890). */
  readonly source: string;
}

/** The refused ranges. The first that holds an address names it, so the narrow ones come first. */
export const RANGES: readonly Range[] = Object.freeze([
  // Metadata services hand out the credentials of the machine: refused wherever they are, declared or not.
  row(
    '169.254.169.254/32',
    'metadata',
    'AWS, Google Cloud, Azure, Oracle, OpenStack, DigitalOcean instance metadata',
  ),
  row('169.254.170.0/24', 'metadata', 'AWS ECS task metadata and EKS pod identity (169.254.170.2, .23)'),
  row('100.100.100.200/32', 'metadata', 'Alibaba Cloud instance metadata'),
  row('168.63.129.16/32', 'metadata', 'Azure WireServer'),
  row('192.0.0.192/32', 'metadata', 'Oracle Cloud instance metadata (classic)'),
  row('fd00:ec2::/32', 'metadata', 'AWS instance metadata, DNS, time and pod identity over IPv6'),
  row('fd20:ce::254/128', 'metadata', 'Google Cloud instance metadata over IPv6'),
  row('fd00:c1::a9fe:a9fe/128', 'metadata', 'Oracle Cloud instance metadata over IPv6'),

  // IPv4
  row('0.0.0.0/8', 'this network', 'RFC 791 section 3.2; RFC 6890'),
  declarable('10.0.0.0/8', 'private', 'RFC 1918'),
  declarable('100.64.0.0/10', 'carrier-grade NAT', 'RFC 6598'),
  declarable('127.0.0.0/8', 'loopback', 'RFC 1122 section 3.2.1.3'),
  row('169.254.0.0/16', 'link-local', 'RFC 3927'),
  declarable('172.16.0.0/12', 'private', 'RFC 1918'),
  row('192.0.0.0/24', 'protocol assignments', 'RFC 6890 section 2.1'),
  row('192.0.2.0/24', 'documentation', 'RFC 5737'),
  row('192.88.99.0/24', '6to4 relay', 'RFC 7526'),
  declarable('192.168.0.0/16', 'private', 'RFC 1918'),
  row('198.18.0.0/15', 'benchmarking', 'RFC 2544'),
  row('198.51.100.0/24', 'documentation', 'RFC 5737'),
  row('203.0.113.0/24', 'documentation', 'RFC 5737'),
  row('224.0.0.0/4', 'multicast', 'RFC 5771'),
  row('255.255.255.255/32', 'broadcast', 'RFC 919 section 7'),
  row('240.0.0.0/4', 'reserved', 'RFC 1112 section 4'),

  // IPv6
  row('::/128', 'unspecified', 'RFC 4291 section 2.5.2'),
  declarable('::1/128', 'loopback', 'RFC 4291 section 2.5.3'),
  row('::ffff:0:0/96', 'IPv4-mapped', 'RFC 4291 section 2.5.5.2'),
  row('::ffff:0:0:0/96', 'IPv4-translated', 'RFC 2765 section 2.1'),
  row('::/96', 'IPv4-compatible', 'RFC 4291 section 2.5.5.1'),
  row('64:ff9b::/96', 'NAT64', 'RFC 6052 section 2.1'),
  row('64:ff9b:1::/48', 'local NAT64', 'RFC 8215'),
  row('100::/64', 'discard-only', 'RFC 6666'),
  row('100:0:0:1::/64', 'dummy', 'RFC 9780'),
  row('2001::/32', 'Teredo', 'RFC 4380'),
  row('2001:2::/48', 'benchmarking', 'RFC 5180'),
  row('2001:10::/28', 'ORCHID', 'RFC 4843'),
  row('2001:20::/28', 'ORCHIDv2', 'RFC 7343'),
  row('2001::/23', 'protocol assignments', 'RFC 2928'),
  row('2001:db8::/32', 'documentation', 'RFC 3849'),
  row('2002::/16', '6to4', 'RFC 3056'),
  row('3fff::/20', 'documentation', 'RFC 9637'),
  row('5f00::/16', 'segment identifiers', 'RFC 9602'),
  declarable('fc00::/7', 'unique local', 'RFC 4193'),
  row('fe80::/10', 'link-local', 'RFC 4291 section 2.5.6'),
  row('fec0::/10', 'site-local', 'RFC 3879'),
  row('ff00::/8', 'multicast', 'RFC 4291 section 2.7'),
  // All that is not 2000::/3 is not assigned as global unicast (IANA, IPv6 address space; RFC 4291 section 2.4).
  row('::/3', 'unassigned', 'RFC 4291 section 2.4'),
  row('4000::/2', 'unassigned', 'RFC 4291 section 2.4'),
  row('8000::/1', 'unassigned', 'RFC 4291 section 2.4'),
]);

/** Host names of metadata services, refused whatever they resolve to. */
export const METADATA_HOSTS: ReadonlySet<string> = new Set([
  'metadata', // Google Cloud: short form through the search domain
  'metadata.google.internal', // Google Cloud
  'metadata.goog', // Google Cloud
  'instance-data', // AWS EC2 classic, through the search domain
  'instance-data.ec2.internal', // AWS EC2
  'metadata.azure.internal', // Azure
  'metadata.platformequinix.com', // Equinix Metal
  'metadata.tencentyun.com', // Tencent Cloud
  'metadata.packet.net', // Packet
  'api.metadata.cloud.ibm.com', // IBM Cloud
]);

const networks = RANGES.map((range) => {
  const network = parseNetwork(range.cidr);
  if (network === null) throw new TypeError(`not a range: ${range.cidr}`);
  return { range, network };
});

/** The refused range that holds an address given as bytes, or `null` when it may be called. */
export function rangeOf(address: Uint8Array): Range | null {
  for (const { range, network } of networks) if (isInNetwork(address, network)) return range;
  return null;
}

function row(cidr: string, name: string, source: string): Range {
  return Object.freeze({ cidr, name, declarable: false, source });
}

function declarable(cidr: string, name: string, source: string): Range {
  return Object.freeze({ cidr, name, declarable: true, source });
}
