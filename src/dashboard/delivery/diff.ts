// What differs between two texts, line by line.

/** One line of a difference. */
export type DiffLine = { kind: 'same' | 'removed' | 'added'; text: string }

/** Lines compared of each text; the rest is left out. With 400 the table has 160,000 cells. */
const MAX_LINES = 400

/** The shortest way from one text to the other, by longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const left = before.split('\n').slice(0, MAX_LINES)
  const right = after.split('\n').slice(0, MAX_LINES)
  const common = commonLengths(left, right)
  const width = right.length + 1
  const lengthAt = (i: number, j: number) => common[i * width + j] ?? 0
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [old = '', fresh = ''] = [left[i], right[j]]
    if (i < left.length && j < right.length && old === fresh) {
      lines.push({ kind: 'same', text: old })
      i += 1
      j += 1
    } else if (j >= right.length || (i < left.length && lengthAt(i + 1, j) >= lengthAt(i, j + 1))) {
      lines.push({ kind: 'removed', text: old })
      i += 1
    } else {
      lines.push({ kind: 'added', text: fresh })
      j += 1
    }
  }
  return lines
}

/** For each pair of places, how many lines the rests of both texts share in order. */
function commonLengths(left: string[], right: string[]): Uint16Array {
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const at = i * width + j
      const [below = 0, beside = 0, across = 0] = [
        lengths[at + width],
        lengths[at + 1],
        lengths[at + width + 1],
      ]
      lengths[at] = left[i] === right[j] ? across + 1 : Math.max(below, beside)
    }
  }
  return lengths
}
