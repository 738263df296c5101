// Host names that never lead to a server for everybody.

/** Names that no public DNS answers: each with all that lies below it. */
export const PRIVATE_NAMES: readonly string[] = [
  // IANA's special-use names: RFC 6761, 6762, 7686, 8375 (all of .arpa), 9476. Not .example, which
  // leads nowhere and stands in documentation and tests.
  ...['alt', 'arpa', 'invalid', 'local', 'localhost', 'onion', 'test'],
  // What ICANN keeps back because networks use it, and what RFC 6762, appendix G, saw in them.
  ...['corp', 'home', 'internal', 'intranet', 'lan', 'mail', 'private'],
  // Undelegated names of routers and office networks, from studies of name collisions.
  ...['belkin', 'dhcp', 'dlink', 'domain', 'gateway', 'intra', 'loc', 'localdomain', 'localnet'],
  ...['mshome', 'priv', 'router', 'server', 'workgroup', 'wpad'],
  // What clusters, clouds and virtual machines call themselves.
  ...['cluster', 'consul', 'docker', 'incus', 'kube', 'kubernetes', 'lxd', 'nomad', 'node'],
  ...['novalocal', 'openstacklocal', 'pod', 'service', 'svc', 'swarm', 'vagrant', 'vm'],
  // Other naming systems than DNS.
  ...['bit', 'eth', 'exit', 'gnu', 'i2p', 'zkey'],
]

/** Public names that clouds answer from inside, beside those under `.internal`. */
export const METADATA_NAMES: readonly string[] = [
  'api.metadata.cloud.ibm.com',
  'api.service.softlayer.com',
  'metadata.goog',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
]

/** Public names whose every address is a loopback one, made for developers. */
export const LOOPBACK_NAMES: readonly string[] = [
  'fuf.me',
  'lacolhost.com',
  'localho.st',
  'localtest.me',
  'lvh.me',
  'vcap.me',
]
