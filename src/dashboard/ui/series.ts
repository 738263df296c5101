// From counted hours to what a chart and a health line say.
import type { Stats } from '../../db/views/stats.ts'

/** An hour. */
export const HOUR_MS = 3_600_000

/** A day. */
export const DAY_MS = 24 * HOUR_MS

/** One hour: deliveries made in it by their present status, and the mean latency, if any was timed. */
export type Point = {
  /** Unix hours. */
  hour: number
  delivered: number
  pending: number
  exhausted: number
  meanMs: number | undefined
  slowestMs: number
}

/** What a stretch of time came to, for an endpoint or for all. */
export type Summary = {
  created: number
  delivered: number
  /** Exhausted, or pending after a failure. */
  failing: number
  /** From 0 to 1, of those that have an outcome so far; undefined when none has. */
  successRate: number | undefined
  meanMs: number | undefined
  slowestMs: number
}

/** The last `hours` hours up to now, oldest first, of one endpoint or of all together. */
export function toPoints(stats: Stats, now: number, hours: number, endpointId?: string): Point[] {
  const last = Math.floor(now / HOUR_MS)
  const isWanted = (one: { endpointId: string }) =>
    endpointId === undefined || one.endpointId === endpointId
  const made = Map.groupBy(stats.hours.filter(isWanted), ({ hour }) => hour)
  const open = Map.groupBy(stats.counts.filter(isWanted), ({ hour }) => hour)
  return Array.from({ length: hours }, (_, place) => {
    const hour = last - hours + 1 + place
    const rows = made.get(hour) ?? []
    const counts = open.get(hour) ?? []
    const pending = sum(counts, (one) => (one.status === 'pending' ? one.count : 0))
    const exhausted = sum(counts, (one) => (one.status === 'exhausted' ? one.count : 0))
    const timed = sum(rows, (one) => one.timed)
    return {
      hour,
      pending,
      exhausted,
      // What is neither pending nor exhausted by now has been delivered.
      delivered: Math.max(0, sum(rows, (one) => one.created) - pending - exhausted),
      meanMs: timed === 0 ? undefined : sum(rows, (one) => one.latencyMs) / timed,
      slowestMs: Math.max(0, ...rows.map((one) => one.slowestMs)),
    }
  })
}

/** Everything counted, for one endpoint ('' for inline deliveries) or for all together. */
export function summarize(stats: Stats, endpointId?: string): Summary {
  const isWanted = (one: { endpointId: string }) =>
    endpointId === undefined || one.endpointId === endpointId
  const rows = stats.hours.filter(isWanted)
  const counts = stats.counts.filter(isWanted)
  const created = sum(rows, (one) => one.created)
  const timed = sum(rows, (one) => one.timed)
  const failing = sum(counts, (one) => (one.status === 'exhausted' ? one.count : one.failed))
  const delivered = Math.max(0, created - sum(counts, (one) => one.count))
  return {
    created,
    delivered,
    failing,
    successRate: delivered + failing === 0 ? undefined : delivered / (delivered + failing),
    meanMs: timed === 0 ? undefined : sum(rows, (one) => one.latencyMs) / timed,
    slowestMs: Math.max(0, ...rows.map((one) => one.slowestMs)),
  }
}

/** A share as a person reads it: 100 % only when nothing is missing. */
export function writePercent(share: number): string {
  if (share === 1) return '100 %'
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

function sum<T>(rows: T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0)
}
