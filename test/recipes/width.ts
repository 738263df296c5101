// Several at a time, and no more.

/** How many are worked on at a time: what they do is bound by processors. */
const WIDTH = 2

/** Works on all of them, in their order. */
export async function workOff<Item>(
  items: Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  async function goOn(): Promise<void> {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: WIDTH }, goOn))
}
