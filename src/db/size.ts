// How large a database is.
import type { Database } from './client.ts'

/** Bytes that a database has, as D1 counts them; it takes 10 GB. One round trip that reads no row. */
export async function bytesIn({ $client }: Database): Promise<number> {
  const { meta } = await $client.prepare('SELECT 1').all()
  return meta.size_after
}
