// Which addresses of a DNS answer are public, so that a webhook may go there.

/**
 * The IANA IPv4 special-purpose registry (RFC 6890, as of 2025), multicast, class E and broadcast;
 * and 168.63.129.16, the address of Azure's host agent, which looks public and is not.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((range) => parseRange(range, 32, parseIpv4))

/** The only global unicast space that IANA has given out (RFC 4291). */
const GLOBAL_IPV6 = parseRange('2000::/3', 48, parseIpv6Prefix)

/** Within it: protocol assignments with Teredo, documentation, 6to4, AS 112, documentation. */
const SPECIAL_IPV6 = [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
].map((range) => parseRange(range, 48, parseIpv6Prefix))

/** The addresses that share their first bits: those whose value divided by `size` is `quotient`. */
type Range = { size: number; quotient: number }

/**
 * Whether an IPv4 or IPv6 address in text belongs to the public Internet. Of IPv6 only 2000::/3
 * does, so addresses that embed an IPv4 one (mapped, NAT64) never pass. What is no address in its
 * standard form (RFC 4291; four decimal octets without leading zeros; no zone) is not public.
 */
export function isPublicAddress(address: string): boolean {
  const ipv4 = parseIpv4(address)
  if (ipv4 !== undefined) return !SPECIAL_IPV4.some((range) => isWithin(ipv4, range))
  const ipv6 = parseIpv6Prefix(address)
  if (ipv6 === undefined || !isWithin(ipv6, GLOBAL_IPV6)) return false
  return !SPECIAL_IPV6.some((range) => isWithin(ipv6, range))
}

function parseRange(
  range: string,
  width: number,
  parse: (address: string) => number | undefined,
): Range {
  const [address = '', bits] = range.split('/')
  const size = 2 ** (width - Number(bits))
  return { size, quotient: Math.floor((parse(address) ?? Number.NaN) / size) }
}

/** The address as a number of 32 bits. */
function parseIpv4(address: string): number | undefined {
  const octets = address.split('.')
  const isValid = octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
  if (octets.length !== 4 || !isValid) return undefined
  return octets.reduce((value, octet) => value * 256 + Number(octet), 0)
}

/** The first 48 bits as a number: no range that matters here is longer. */
function parseIpv6Prefix(address: string): number | undefined {
  const url = `http://[${address}]/`
  if (!/^[0-9a-f:.]+$/i.test(address) || !URL.canParse(url)) return undefined
  // URL writes the shortest form (RFC 5952), in which `::` stands for zeros wherever it begins.
  const [head = ''] = new URL(url).hostname.slice(1, -1).split('::')
  const [first = '', second = '', third = ''] = head.split(':')
  return groupValue(first) * 2 ** 32 + groupValue(second) * 2 ** 16 + groupValue(third)
}

function groupValue(group: string): number {
  return group === '' ? 0 : Number.parseInt(group, 16)
}

function isWithin(value: number, { size, quotient }: Range): boolean {
  return Math.floor(value / size) === quotient
}
