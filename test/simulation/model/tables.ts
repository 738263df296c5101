// The rows that move, as they are between two operations.
import type { Row } from '../world/history.ts'

/** Their tables. */
export const MOVING = ['deliveries', 'endpoints', 'deleted_endpoints'] as const

/** Rows by id; and of what was accepted behind another of its call the id of that, where anything was. */
export type Tables = Record<(typeof MOVING)[number], Map<string, Row>> & {
  fronts?: ReadonlyMap<string, string>
}

/** A copy whose rows can be replaced. */
export function copyOf(tables: Tables): Tables {
  const { deliveries, endpoints, deleted_endpoints: deleted } = tables
  return {
    ...tables,
    deliveries: new Map(deliveries),
    endpoints: new Map(endpoints),
    deleted_endpoints: new Map(deleted),
  }
}

/** Gives a row other values. */
export function change(rows: Map<string, Row>, row: Row, values: Row): void {
  rows.set(String(row['id']), { ...row, ...values })
}

/** Sorted by id, which is by age. */
export function byAge(rows: Iterable<Row>): Row[] {
  return [...rows].toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))
}

/** What is parked for an endpoint, oldest first. */
export function parkedOf({ deliveries }: Tables, endpoint: Row): Row[] {
  const waiting = [...deliveries.values()].filter(
    (row) =>
      row['endpoint_id'] === endpoint['id'] &&
      row['stage'] === 'pending' &&
      row['sweep_at'] === null,
  )
  return byAge(waiting)
}

/** The first difference between two rows, in words; undefined when they are the same. */
export function differenceOf(
  expected: Row | undefined,
  actual: Row | undefined,
): string | undefined {
  if (!expected || !actual) return expected === actual ? undefined : 'one of them is missing'
  const name = Object.keys(actual).find((one) => expected[one] !== actual[one])
  return name && `${name} is ${actual[name]}, not ${expected[name]}`
}
