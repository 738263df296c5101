// What an operator may tune: defaults, bounds, and errors that name the variable.
import { describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../src/config.ts'

describe('parseConfig', () => {
  it('has the documented defaults', () => {
    expect(parseConfig({})).toMatchObject({
      retryScheduleMs: [60, 300, 1800, 7200, 18_000, 36_000, 86_400].map((s) => s * 1000),
      retryJitter: 0.2,
      attemptTimeoutMs: 10_000,
      disableAfterExhausted: 10,
      headerPrefix: 'CallingBox',
      apiVersion: '2026-04',
      retentionDays: 30,
      allowHttpEndpoints: false,
      unprovenHostPerSecond: 20,
      hostProofMs: 600_000,
      databases: ['DB'],
    })
  })

  it('reads every variable, as text or as TOML’s own numbers', () => {
    const vars = {
      RETRY_SCHEDULE_SECONDS: '1, 2',
      RETRY_JITTER: 0,
      ATTEMPT_TIMEOUT_MS: '500',
      DISABLE_AFTER_EXHAUSTED: 3,
      HEADER_PREFIX: 'Acme',
      API_VERSION: '2027-01',
      RETENTION_DAYS: '7',
      AUDIT_RETENTION_DAYS: 90,
      ALLOW_HTTP_ENDPOINTS: 'true',
      UNPROVEN_HOST_PER_SECOND: '50',
      HOST_PROOF_MINUTES: 1,
      DATABASES: 'DB,DB2',
    }
    expect(parseConfig(vars)).toMatchObject({
      retryScheduleMs: [1000, 2000],
      retryJitter: 0,
      attemptTimeoutMs: 500,
      disableAfterExhausted: 3,
      headerPrefix: 'Acme',
      apiVersion: '2027-01',
      retentionDays: 7,
      auditRetentionDays: 90,
      allowHttpEndpoints: true,
      unprovenHostPerSecond: 50,
      hostProofMs: 60_000,
      databases: ['DB', 'DB2'],
    })
  })

  it.each([
    ['RETRY_SCHEDULE_SECONDS', ['', 'soon', '60,,300', '0', '-60', '1.5', '60;300', '604801']],
    ['RETRY_JITTER', ['', ' ', 'x', '-0.1', '0.51', 'NaN']],
    ['ATTEMPT_TIMEOUT_MS', ['', '0', '99', '20001', '1.5', '10s', 'Infinity']],
    ['DISABLE_AFTER_EXHAUSTED', ['', '0', '-1', '1.5', '1001']],
    ['HEADER_PREFIX', ['', '1x', 'a b', 'x:y', 'x\r\ny', 'ü', 'x'.repeat(41)]],
    ['API_VERSION', ['', 'a b', '"', 'x'.repeat(33)]],
    ['RETENTION_DAYS', ['', '0', '-1', '3651', 'forever']],
    ['AUDIT_RETENTION_DAYS', ['', '0', '-1', '3651', 'forever']],
    [
      'OWN_HOSTS',
      ['.example.com', ',', 'a.example,,b.example', 'a b', 'a.example:8443', 'https://x'],
    ],
    ['UNPROVEN_HOST_PER_SECOND', ['', '0', '-10', '15', '10010', 'many']],
    ['HOST_PROOF_MINUTES', ['', '0', '-1', '1.5', '10081']],
    ['OPERATOR_ORG_ID', ['me', '019a2f6e']],
    ['ALLOW_HTTP_ENDPOINTS', ['', 'maybe', '2']],
    ['DATABASES', ['', ',', 'DB,', 'DB,,DB2', 'DB DB2', 'DB,DB', '2', 'my-db']],
  ])('names %s when it makes no sense', (name, values) => {
    for (const value of values) {
      expect(() => parseConfig({ [name]: value })).toThrow(ConfigError)
      expect(() => parseConfig({ [name]: value })).toThrow(`${name}: `)
    }
  })

  it('names all that is wrong at once', () => {
    const vars = { RETRY_JITTER: '2', API_VERSION: '' }
    expect(() => parseConfig(vars)).toThrow(/RETRY_JITTER: .*API_VERSION: /)
  })
})
