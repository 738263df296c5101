// From counted hours to what a chart and a health line say.
import { quantilesOf, type Quantiles } from '../../db/views/quantiles.ts'
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
  exhausted: number
  /** Pending after a failure: they have failed so far, and may arrive still. */
  retrying: number
  /** From 0 to 1, of those that are over; undefined when none is. What is pending has not failed. */
  successRate: number | undefined
  meanMs: number | undefined
  slowestMs: number
}

/** The last `hours` hours up to now, oldest first, of one endpoint or of all together. */
export function toPoints(stats: Stats, now: number, hours: number, endpointId?: string): Point[] {
  const last = Math.floor(now / HOUR_MS)
  const isWanted = isOf(endpointId)
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
  const isWanted = isOf(endpointId)
  const rows = stats.hours.filter(isWanted)
  const counts = stats.counts.filter(isWanted)
  const created = sum(rows, (one) => one.created)
  const timed = sum(rows, (one) => one.timed)
  const exhausted = sum(counts, (one) => (one.status === 'exhausted' ? one.count : 0))
  const retrying = sum(counts, (one) => (one.status === 'pending' ? one.failed : 0))
  const delivered = Math.max(0, created - sum(counts, (one) => one.count))
  return {
    created,
    delivered,
    exhausted,
    retrying,
    successRate: delivered + exhausted === 0 ? undefined : delivered / (delivered + exhausted),
    meanMs: timed === 0 ? undefined : sum(rows, (one) => one.latencyMs) / timed,
    slowestMs: Math.max(0, ...rows.map((one) => one.slowestMs)),
  }
}

/** What answers took in one hour: the quantiles, or only a mean where no more was counted. */
export type AnswerTimes = {
  hour: number
  quantiles: Quantiles | undefined
  meanMs: number | undefined
}

/** The last `hours` hours up to now, oldest first, of one endpoint or of all together. */
export function toAnswerTimes(
  stats: Stats,
  now: number,
  hours: number,
  endpointId?: string,
): AnswerTimes[] {
  const made = Map.groupBy(stats.hours, ({ hour }) => hour)
  return toPoints(stats, now, hours, endpointId).map(({ hour, meanMs }) => {
    const rows = made.get(hour) ?? []
    return { hour, meanMs, quantiles: quantilesOf(rows.filter(isOf(endpointId))) }
  })
}

/** Quantiles of all that was answered, for an endpoint or for all; undefined where nothing was counted by time. */
export function quantilesIn(stats: Stats, endpointId?: string): Quantiles | undefined {
  return quantilesOf(stats.hours.filter(isOf(endpointId)))
}

/** What answers took, as one figure in ms: the mean where they were counted before times were. */
export type AnswerFigure = { of: 'p95' | 'mean'; ms: number }

/** The figure by which one endpoint's answers are compared with others', undefined where none was timed. */
export function answerFigure(stats: Stats, endpointId: string): AnswerFigure | undefined {
  const quantiles = quantilesIn(stats, endpointId)
  if (quantiles) return { of: 'p95', ms: quantiles.p95 }
  const { meanMs } = summarize(stats, endpointId)
  return meanMs === undefined ? undefined : { of: 'mean', ms: meanMs }
}

function isOf(endpointId: string | undefined) {
  return (one: { endpointId: string }) => endpointId === undefined || one.endpointId === endpointId
}

/** A share as a person reads it: 100 % only when nothing is missing. */
export function writePercent(share: number): string {
  if (share === 1) return '100 %'
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

function sum<T>(rows: T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0)
}
