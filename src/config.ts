// What an operator may tune, with units, parsed from the Worker's vars.
import { z } from 'zod'

/** Bounded so that eight attempts and their jitter stay inside what an operator can have meant. */
const MAX_DELAY_S = 7 * 24 * 3600

const seconds = z.coerce.number().int().min(1).max(MAX_DELAY_S)

const Vars = z.object({
  RETRY_SCHEDULE_SECONDS: z
    .string()
    .default('60,300,1800,7200,18000,36000,86400')
    .transform((text): unknown[] => text.split(','))
    .pipe(z.array(seconds).min(1).max(20)),
  // Number() reads a blank text as 0, which here would pass for a value.
  RETRY_JITTER: z
    .preprocess(
      (value) => (String(value).trim() === '' ? Number.NaN : value),
      z.coerce.number().min(0).max(0.5),
    )
    .default(0.2),
  // At most what leaves an invocation 5 s to start attempts in (delivery/attempt/window.ts).
  ATTEMPT_TIMEOUT_MS: z.coerce.number().int().min(100).max(20_000).default(10_000),
  DISABLE_AFTER_EXHAUSTED: z.coerce.number().int().min(1).max(1000).default(10),
  HEADER_PREFIX: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'must be letters, digits and hyphens')
    .default('CallingBox'),
  API_VERSION: z
    .string()
    .regex(/^[0-9A-Za-z.-]{1,32}$/, 'must be letters, digits, dots and hyphens')
    .default('2026-04'),
  RETENTION_DAYS: z.coerce.number().min(1).max(3650).default(30),
  AUDIT_RETENTION_DAYS: z.coerce.number().min(1).max(3650).default(365),
  ALLOW_HTTP_ENDPOINTS: z.stringbool().default(false),
  DOH_URL: z
    .literal('')
    .or(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }))
    .default(''),
  DATABASES: z
    .string()
    .regex(
      /^[A-Za-z_]\w*(?:,[A-Za-z_]\w*)*$/,
      'must be names of D1 bindings with commas between them',
    )
    .transform((names) => names.split(','))
    .refine((names) => new Set(names).size === names.length, 'must name each database once')
    .default(['DB']),
  OPERATOR_ORG_ID: z
    .literal('')
    .or(z.guid('must be the id of an organization').toLowerCase())
    .default(''),
  UNPROVEN_HOST_PER_SECOND: z.coerce
    .number()
    .int()
    .min(10)
    .max(10_000)
    .multipleOf(10, 'must be a multiple of 10')
    .default(20),
  HOST_PROOF_MINUTES: z.coerce.number().int().min(1).max(10_080).default(10),
  OWN_HOSTS: z
    .string()
    // One that begins with a dot would be no host's.
    .regex(
      /^(?:[A-Za-z0-9-][A-Za-z0-9.-]*(?:,|$))*$/,
      'must be host names with commas between them',
    )
    .default(''),
})

/** How the service behaves, as parsed from the Worker's vars. */
export type Config = {
  /** Waits after attempt 1, 2, …, in ms; one automatic attempt more than it is long. */
  retryScheduleMs: number[]
  /** The share by which a wait varies, both ways: 0.2 is ±20 %. */
  retryJitter: number
  /** For headers and body of one attempt together. */
  attemptTimeoutMs: number
  /** Consecutive exhausted deliveries after which an endpoint is disabled. */
  disableAfterExhausted: number
  /** The first part of our own header names. */
  headerPrefix: string
  /** `api_version` of newly accepted events. */
  apiVersion: string
  /** Days after which finished deliveries and their events are pruned. */
  retentionDays: number
  /** Days after which entries of the audit log are pruned. */
  auditRetentionDays: number
  /** Local development: http, loopback and private hosts may be endpoints. */
  allowHttpEndpoints: boolean
  /** A DNS resolver over HTTPS that answers `application/dns-json`; undefined: DNS is not asked. */
  dohUrl: string | undefined
  /** Names of the D1 bindings that orgs are spread over, the catalog's first. */
  databases: string[]
  /** The org that is told of what happens to any other; undefined: none is. */
  operatorOrgId: string | undefined
  /** Sends a second to a host that has not proven itself, over all orgs. */
  unprovenHostPerSecond: number
  /** A host has proven itself that answered 2xx so many ms ago, and does so still. */
  hostProofMs: number
  /** Host names of this service, where no webhook goes. */
  ownHosts: string[]
}

/** A setting that makes no sense. The message names the variable and what it must be. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads the vars; an absent one has its default.
 * @throws ConfigError naming every variable that makes no sense.
 */
export function parseConfig(vars: Record<string, unknown>): Config {
  const parsed = Vars.safeParse(vars)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path[0]?.toString()}: ${issue.message}`,
    )
    throw new ConfigError(`Configuration: ${faults.join('; ')}`)
  }
  const { data } = parsed
  return {
    retryScheduleMs: data.RETRY_SCHEDULE_SECONDS.map((delayS) => delayS * 1000),
    retryJitter: data.RETRY_JITTER,
    attemptTimeoutMs: data.ATTEMPT_TIMEOUT_MS,
    disableAfterExhausted: data.DISABLE_AFTER_EXHAUSTED,
    headerPrefix: data.HEADER_PREFIX,
    apiVersion: data.API_VERSION,
    retentionDays: data.RETENTION_DAYS,
    auditRetentionDays: data.AUDIT_RETENTION_DAYS,
    allowHttpEndpoints: data.ALLOW_HTTP_ENDPOINTS,
    dohUrl: data.DOH_URL || undefined,
    databases: data.DATABASES,
    operatorOrgId: data.OPERATOR_ORG_ID || undefined,
    unprovenHostPerSecond: data.UNPROVEN_HOST_PER_SECOND,
    hostProofMs: data.HOST_PROOF_MINUTES * 60_000,
    ownHosts: data.OWN_HOSTS.split(',').filter(Boolean),
  }
}
