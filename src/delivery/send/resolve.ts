// Asks a DNS resolver over HTTPS where a host name leads.
import { z } from 'zod'
import { isPublicAddress } from '../../webhook/address.ts'
import type { Lookup, Resolver, World } from '../../world.ts'

/** The resolver's URL, and how long it may take in ms, for both kinds of address together. */
export type ResolverOptions = Pick<World, 'fetch' | 'takeConnection'> & {
  dohUrl: string
  timeoutMs?: number
}

/** Both questions together, in ms: a part of what an attempt takes at most (window.ts). */
export const LOOKUP_TIMEOUT_MS = 2000

/** Addresses by kind (RFC 1035, RFC 3596): one bad one among either refuses the name. */
const RECORD_TYPES = { A: 1, AAAA: 28 } as const

/**
 * The JSON that public resolvers answer (`application/dns-json`): status 0 is NOERROR, `Answer` is
 * missing when the name has no such record, and `TC` means that it is not the whole answer.
 */
const DnsAnswer = z.object({
  Status: z.literal(0),
  TC: z.literal(false).optional(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]),
})

/**
 * Makes a resolver which remembers what it was told, so it should live for one invocation only. A
 * name is public when every A and AAAA record at the end of its CNAMEs is, and there is at least one.
 */
export function createResolver(options: ResolverOptions): Resolver {
  const known = new Map<string, Promise<Lookup>>()
  return function resolve(host) {
    const lookup = known.get(host) ?? lookUp(options, host)
    known.set(host, lookup)
    return lookup
  }
}

async function lookUp(options: ResolverOptions, host: string): Promise<Lookup> {
  const release = await options.takeConnection('attempt')
  const signal = AbortSignal.timeout(options.timeoutMs ?? LOOKUP_TIMEOUT_MS)
  try {
    // An abort does not reliably end a body that is already streaming: hence the race.
    const addresses = await Promise.race([askBoth(options, host, signal), failOnAbort(signal)])
    return judge(addresses)
  } catch (error) {
    return { isPublic: false, reason: 'lookup_failed', detail: String(error) }
  } finally {
    release()
  }
}

// One after the other, over the one connection that was taken.
async function askBoth(
  options: ResolverOptions,
  host: string,
  signal: AbortSignal,
): Promise<string[]> {
  const ipv4 = await ask(options, host, 'A', signal)
  return [...ipv4, ...(await ask(options, host, 'AAAA', signal))]
}

async function ask(
  { fetch, dohUrl }: ResolverOptions,
  host: string,
  type: keyof typeof RECORD_TYPES,
  signal: AbortSignal,
): Promise<string[]> {
  const url = new URL(dohUrl)
  url.searchParams.set('name', host)
  url.searchParams.set('type', type)
  const headers = { Accept: 'application/dns-json' }
  const response = await fetch(url.href, { headers, redirect: 'manual', signal })
  if (response.status !== 200) throw new Error(`the resolver answered ${response.status}`)
  const { Answer } = DnsAnswer.parse(await response.json())
  return Answer.filter((record) => record.type === RECORD_TYPES[type]).map(({ data }) => data)
}

function failOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the resolver did not answer in time')))
  })
}

function judge(addresses: string[]): Lookup {
  const refused = addresses.find((address) => !isPublicAddress(address))
  if (refused !== undefined) return { isPublic: false, reason: 'private_address', detail: refused }
  if (addresses.length > 0) return { isPublic: true }
  return { isPublic: false, reason: 'lookup_failed', detail: 'the name has no address' }
}
