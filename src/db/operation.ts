// What a statement does, in two words, for whoever counts what the database costs.

/** The verb of a statement that writes, and its table. */
const WRITES = /^\s*(insert|update|delete)\s+(?:into\s+|from\s+)?"?([a-z_]+)/i

/** The first table of one that reads: no subquery, and no function such as json_each. */
const READS = /\b(?:from|join)\s+"?([a-z_]+)\b(?!\s*\()/i

/** Such as `update deliveries` or `select events`: as many as there are verbs and tables, however it is asked. */
export function operationOf(query: string): string {
  const [, verb, table] = WRITES.exec(query) ?? []
  if (verb && table) return `${verb.toLowerCase()} ${table.toLowerCase()}`
  return `select ${READS.exec(query)?.[1]?.toLowerCase() ?? 'nothing'}`
}
