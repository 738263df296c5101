// Turns over orgs among what was read together: one of each, then the next of each.

/** The same, so that each org's first come before any one's second, and so on; else in their order. */
export function inTurns<Ref>(some: Ref[], orgOf: (one: Ref) => string): Ref[] {
  const counts = new Map<string, number>()
  const placed = some.map((one) => {
    const turn = counts.get(orgOf(one)) ?? 0
    counts.set(orgOf(one), turn + 1)
    return { one, turn }
  })
  return placed.toSorted((a, b) => a.turn - b.turn).map(({ one }) => one)
}
