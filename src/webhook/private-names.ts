// Host names that never lead to a server for everybody.

/** Top-level names that no public DNS answers, by who says so or uses them. */
const UNDELEGATED = {
  /**
   * IANA's special-use names: RFC 6761, 6762, 7686, 8375 (all of .arpa), 9476. Not .example, which leads
   * nowhere and stands in documentation and tests.
   */
  specialUse: 'alt arpa invalid local localhost onion test',
  /** What ICANN keeps back because networks use it, and what RFC 6762, appendix G, saw in them. */
  heldBack: 'corp home internal intranet lan mail private',
  /** What routers and offices call things, from studies of name collisions. */
  networks:
    'belkin dhcp dlink domain gateway intra loc localdomain localnet mshome priv router server workgroup wpad',
  /** What clusters, clouds and virtual machines call themselves. */
  clusters:
    'cluster consul docker incus kube kubernetes lxd node nomad novalocal openstacklocal pod service svc swarm vagrant vm',
  /** Other naming systems than DNS. */
  otherSystems: 'bit eth exit gnu i2p zkey',
}

/** Public names whose every address is a loopback one, made for developers. */
const LOOPBACK = 'fuf.me lacolhost.com localho.st localtest.me lvh.me vcap.me'

/** Names that lead to the inside, each with all that lies below it. */
export const PRIVATE_NAMES: readonly string[] = [...Object.values(UNDELEGATED), LOOPBACK].flatMap(
  (names) => names.split(' '),
)

/** Public names that clouds answer from inside, beside those under `.internal`. */
export const METADATA_NAMES: readonly string[] = [
  'api.metadata.cloud.ibm.com',
  'api.service.softlayer.com',
  'metadata.goog',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
]
