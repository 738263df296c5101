// The D1 that the suites run on refuses what production's refuses (R5).
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { limitD1 } from '../d1-limits.ts'

const LIMIT = 2_000_000
const TOO_BIG = /string or blob too big: SQLITE_TOOBIG/

let d1: D1Database
beforeEach(() => {
  d1 = limitD1(env.DB)
})

function sizeOf(value: unknown) {
  return d1.prepare('SELECT octet_length(?) AS size').bind(value).all()
}

function sumOf(values: number[]) {
  const rows = values.map(() => '(?)').join(', ')
  const statement = d1.prepare(`WITH v (one) AS (VALUES ${rows}) SELECT sum(one) FROM v`)
  return statement.bind(...values).raw()
}

describe('a bound value', () => {
  it.each([
    { kind: 'string', largest: 'x'.repeat(LIMIT), larger: 'x'.repeat(LIMIT + 1) },
    {
      kind: 'string of emoji',
      largest: '😀'.repeat(LIMIT / 4),
      larger: '😀'.repeat(LIMIT / 4 + 1),
    },
    { kind: 'blob', largest: new Uint8Array(LIMIT), larger: new Uint8Array(LIMIT + 1) },
    { kind: 'buffer', largest: new ArrayBuffer(LIMIT), larger: new ArrayBuffer(LIMIT + 1) },
  ])('that is a $kind is taken up to 2,000,000 bytes', async ({ largest, larger }) => {
    expect((await sizeOf(largest)).results).toEqual([{ size: LIMIT }])
    await expect(sizeOf(larger)).rejects.toThrow(TOO_BIG)
  })
})

describe('a statement', () => {
  it('is taken up to 100,000 bytes', async () => {
    const sql = `SELECT 1 -- ${'é'.repeat(49_994)}`
    await d1.prepare(sql).all()
    await expect(d1.prepare(`${sql}é`).run()).rejects.toThrow(/statement too long/)
  })

  it('is taken with up to 100 parameters', async () => {
    const ones = Array<number>(100).fill(1)
    expect(await sumOf(ones)).toEqual([[100]])
    await expect(sumOf([...ones, 1])).rejects.toThrow(/too many SQL variables/)
  })

  it('is the last of 1,000 an invocation, in batches or alone', async () => {
    const one = d1.prepare('SELECT 1')
    await d1.batch(Array(999).fill(one))
    await one.all()
    await expect(one.all()).rejects.toThrow(/Too many API requests/)
    await expect(d1.batch([one])).rejects.toThrow(/Too many API requests/)
  })

  it('that is refused keeps its whole batch from running', async () => {
    const insert = d1.prepare(`INSERT INTO orgs (id, name, created_at) VALUES ('a', 'a', 1)`)
    const larger = d1.prepare('SELECT ?').bind('x'.repeat(LIMIT + 1))
    await expect(d1.batch([insert, larger])).rejects.toThrow(TOO_BIG)
    expect((await d1.prepare('SELECT * FROM orgs').all()).results).toEqual([])
  })
})

describe('a row', () => {
  it('is written up to 2,000,000 bytes, whether inserted or updated', async () => {
    const insert = (name: string) =>
      d1
        .prepare('INSERT INTO orgs (id, name, created_at) VALUES (?, ?, 1)')
        .bind('x'.repeat(LIMIT / 2), name)
        .run()
    await expect(insert('é'.repeat(LIMIT / 4))).rejects.toThrow(TOO_BIG)
    await insert('short')
    const grow = d1.prepare(`UPDATE orgs SET name = ?`)
    // Three columns are numbers of one digit.
    await grow.bind('x'.repeat(LIMIT / 2 - 3)).run()
    await expect(grow.bind('x'.repeat(LIMIT / 2 - 2)).run()).rejects.toThrow(TOO_BIG)
  })
})
