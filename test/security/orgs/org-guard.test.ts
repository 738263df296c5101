// The reader of statements finds what is not bound, so that the tests that stand on it can fail.
import { describe, expect, it } from 'vitest'
import { findOrgFault, findUnplaced } from './org-guard.ts'

const ORG = 'org-a'
const fault = (sql: string, ...values: unknown[]) =>
  findOrgFault(sql, values, (value) => value === ORG)

describe('the guard', () => {
  it('knows of every table whether it is org data, or why it is not', () => {
    expect(findUnplaced()).toEqual([])
  })

  it('finds a table that is neither, one that is both, and an exception that is no table', () => {
    const known = [
      { name: 'orgs', columns: ['id'] },
      { name: 'replays', columns: ['org_id', 'id'] },
      { name: 'metrics', columns: ['name', 'value'] },
      { name: 'notes', columns: ['org_id'] },
    ]
    const exceptions = { notes: 'a reason', gone: 'a reason' }
    expect(findUnplaced(known, exceptions)).toEqual(['metrics', 'notes', 'gone'])
  })
})

describe('findOrgFault', () => {
  it.each<[sql: string, ...values: unknown[]]>([
    ['SELECT * FROM deliveries WHERE id = ?', 'd'],
    ['SELECT * FROM deliveries WHERE org_id = ?', 'org-b'],
    ['SELECT * FROM deliveries WHERE org_id = id'],
    ['SELECT * FROM deliveries WHERE org_id <> ?', ORG],
    ['SELECT org_id FROM deliveries'],
    ['SELECT * FROM deliveries d WHERE d.id = ? AND ? = ?', 'd', ORG, ORG],
    ['SELECT * FROM deliveries d JOIN events ev ON ev.id = d.id WHERE d.org_id = ?', ORG],
    ['SELECT * FROM deliveries d JOIN events ev ON ev.org_id = d.org_id'],
    ['SELECT * FROM deliveries d, endpoints ep WHERE d.org_id = ?', ORG],
    ['SELECT * FROM a WHERE x = (SELECT count(*) FROM events)'],
    ['SELECT * FROM events WHERE org_id = ? UNION ALL SELECT * FROM events', ORG],
    ['UPDATE deliveries SET status = ? WHERE id = ?', 's', 'd'],
    ['UPDATE deliveries AS d SET org_id = ? WHERE d.id = ?', 'org-b', 'd'],
    ['DELETE FROM events WHERE (org_id, id) IN (SELECT org_id, id FROM events)'],
    ['DELETE FROM idempotency_keys WHERE created_at < ?', 1],
    ['INSERT INTO events (id, org_id) VALUES (?, ?)', ORG, 'org-b'],
    ['INSERT INTO events (id) SELECT ?', ORG],
    ['INSERT INTO events (org_id, id) SELECT ?, ep.id FROM endpoints ep', ORG],
    ['insert into "events" ("org_id") values (?)', 'org-b'],
    ['SELECT * FROM orgs WHERE name = ?', ORG],
    ['SELECT 1 WHERE EXISTS (SELECT 1 FROM api_keys WHERE public_id = ?)', 'k'],
    ['SELECT * FROM hourly_stats WHERE hour = ?', 1],
    ['SELECT * FROM deleted_endpoints WHERE id = ?', 'e'],
  ])('refuses %s %j', (sql, ...values) => {
    expect(fault(sql, ...values)).toContain('is not bound')
  })

  it.each<[sql: string, ...values: unknown[]]>([
    [
      'DELETE FROM events WHERE (org_id, id) IN (SELECT org_id, id FROM events WHERE org_id = ?)',
      ORG,
    ],
    ['SELECT beat_at FROM heartbeats'],
    ['SELECT * FROM deliveries WHERE org_id = ? AND id = ?', ORG, 'd'],
    ['select "id" from "deliveries" where ("deliveries"."org_id" = ? and "id" = ?)', ORG, 'd'],
    ['SELECT * FROM deliveries WHERE id = ? AND +org_id = ?', 'd', ORG],
    ['SELECT * FROM deliveries d JOIN events ev ON ev.org_id = d.org_id WHERE d.org_id = ?', ORG],
    ['SELECT * FROM deliveries d JOIN events ev ON d.org_id = ev.org_id WHERE d.org_id = ?', ORG],
    [
      `SELECT * FROM json_each(?) ref CROSS JOIN deliveries d WHERE d.org_id = ref.value->>'orgId'`,
      '[]',
    ],
    [
      `UPDATE deliveries AS d SET a = ? FROM (SELECT p.org_id, p.id FROM deliveries p
        WHERE p.org_id = ?) AS p WHERE d.org_id = p.org_id`,
      1,
      ORG,
    ],
    [
      'SELECT * FROM events WHERE org_id = ? UNION ALL SELECT * FROM events WHERE org_id = ?',
      ORG,
      ORG,
    ],
    [
      'SELECT 1 FROM events e WHERE e.org_id = ? AND EXISTS (SELECT 1 FROM endpoints ep WHERE ep.org_id = e.org_id)',
      ORG,
    ],
    ['INSERT INTO events (id, org_id) VALUES (?, ?)', 'e', ORG],
    [
      'INSERT INTO events (id, org_id) SELECT substr(?, 1, 2), ? WHERE true ON CONFLICT DO UPDATE SET id = 1',
      'e',
      ORG,
    ],
    ['insert into "orgs" ("id", "name") values (?, ?) on conflict do nothing', ORG, 'n'],
  ])('accepts %s %j', (sql, ...values) => {
    expect(fault(sql, ...values)).toBeUndefined()
  })
})
