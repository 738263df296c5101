// What on a page has no room: functions that run in the page, where they have nothing but each other.

/** A piece of text in one line, or a control, and where it is seen. */
type Box = { element: Element; rect: Rect }

type Rect = { left: number; top: number; right: number; bottom: number }

/** An expression for the page to work out: the complaints, as texts. */
export const MEASURE_ROOM = `(() => {
  const CLIPPERS = new Map()
  ${[measure, findScrolling, findBoxes, findSticking, findTouching, complain].join('\n')}
  ${[isSeen, nameOf, clipperOf, isCutOnPurpose, seenPart, toRect, areRelated].join('\n')}
  return measure()
})()`

function measure(): string[] {
  const wider = document.documentElement.scrollWidth - innerWidth
  const all = [...document.querySelectorAll('body *')].filter(isSeen)
  const boxes = findBoxes(all)
  const complaints = [
    ...(wider > 0 ? [`the page is ${wider} px wider than the screen`] : []),
    ...findScrolling(all),
    ...findSticking(boxes),
    ...findTouching(boxes),
  ]
  return [...new Set(complaints)]
}

/** What has to be pushed sideways to be read. */
function findScrolling(all: Element[]): string[] {
  return all
    .filter((element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
    .map((element) => ({ element, more: element.scrollWidth - element.clientWidth }))
    .filter(({ more }) => more > 1)
    .map(({ element, more }) => `${nameOf(element)} scrolls sideways, by ${more} px`)
}

function findBoxes(all: Element[]): Box[] {
  const boxes: Box[] = []
  for (const element of all) {
    if (element.matches('button, input, select, textarea, .button, .badge')) {
      boxes.push({ element, rect: toRect(element.getBoundingClientRect()) })
    }
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || node.textContent?.trim() === '') continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const rect of range.getClientRects()) boxes.push({ element, rect: toRect(rect) })
    }
  }
  return boxes.filter(({ rect }) => rect.right - rect.left > 1 && rect.bottom - rect.top > 1)
}

/** What is not whole within the card, the cell or the line that it is of. */
function findSticking(boxes: Box[]): string[] {
  return boxes.flatMap(({ element, rect }) => {
    if (isCutOnPurpose(element)) return []
    const frames = [
      element.closest('.card, .list, .figure, .notice, td, th, li'),
      clipperOf(element),
    ]
    return frames.flatMap((frame) => {
      if (!frame || frame === element || getComputedStyle(frame).display === 'contents') return []
      const outer = frame.getBoundingClientRect()
      const over = Math.max(rect.right - outer.right, outer.left - rect.left)
      return over > 1 ? [`${nameOf(element)} sticks out of ${nameOf(frame)}`] : []
    })
  })
}

/** What lies on something else, or touches a field. */
function findTouching(boxes: Box[]): string[] {
  const seen = boxes
    .map(({ element, rect }) => ({ element, rect: seenPart(element, rect) }))
    .filter(({ rect }) => rect.right > rect.left && rect.bottom > rect.top)
    .toSorted((a, b) => a.rect.top - b.rect.top)
  return seen.flatMap((a, place) => {
    const complaints: string[] = []
    for (const b of seen.slice(place + 1)) {
      if (b.rect.top >= a.rect.bottom + 2) break
      const word = areRelated(a.element, b.element) ? undefined : complain(a, b)
      if (word) complaints.push(`${nameOf(a.element)} ${word} ${nameOf(b.element)}`)
    }
    return complaints
  })
}

function complain(a: Box, b: Box): 'lies on' | 'touches' | undefined {
  const across = Math.min(a.rect.right, b.rect.right) - Math.max(a.rect.left, b.rect.left)
  const down = Math.min(a.rect.bottom, b.rect.bottom) - Math.max(a.rect.top, b.rect.top)
  if (across <= 1) return undefined
  if (down > 2) return 'lies on'
  const isField = [a, b].some(({ element }) => element.matches('input, select, textarea'))
  return isField && down > -2 ? 'touches' : undefined
}

function isSeen(element: Element): boolean {
  const isVisible = element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  return isVisible && !element.closest('.hidden, .skip, svg')
}

function nameOf(element: Element): string {
  const text = (element.textContent ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, 30)
  const classes = [...element.classList].map((name) => `.${name}`).join('')
  return `${element.tagName.toLowerCase()}${classes} “${text}”`
}

/** Found so far: each is asked for by all that is in it, and styles are what takes long. */
const CLIPPERS = new Map<Element, Element | null>()

/** What cuts an element where it is too wide; it may do so itself. */
function clipperOf(element: Element): Element | null {
  const known = CLIPPERS.get(element)
  if (known !== undefined) return known
  const isClipping = getComputedStyle(element).overflowX !== 'visible'
  const outer = element.parentElement
  const clipper = isClipping ? element : outer && clipperOf(outer)
  CLIPPERS.set(element, clipper)
  return clipper
}

function isCutOnPurpose(element: Element): boolean {
  const clipper = clipperOf(element)
  if (!clipper) return false
  const style = getComputedStyle(clipper)
  return style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
}

function seenPart(element: Element, rect: Rect): Rect {
  const outer = clipperOf(element)?.getBoundingClientRect()
  if (!outer) return rect
  const right = Math.min(rect.right, outer.right)
  return { ...rect, right, bottom: Math.min(rect.bottom, outer.bottom) }
}

function toRect({ left, top, right, bottom }: DOMRect): Rect {
  return { left, top, right, bottom }
}

/** One within the other, or both in one block of code, whose lines are close. */
function areRelated(a: Element, b: Element): boolean {
  const code = a.closest('pre')
  return a.contains(b) || b.contains(a) || (code !== null && code === b.closest('pre'))
}
