// What a page does better with a script: the reader's own time zone, countdowns, copying, selecting.
document.documentElement.classList.add('js')

const SECOND = 1000
const STYLES = {
  full: { dateStyle: 'medium', timeStyle: 'medium' },
  short: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
}
const formats = Object.fromEntries(
  Object.entries(STYLES).map(([name, style]) => [name, new Intl.DateTimeFormat(undefined, style)]),
)

document.addEventListener('DOMContentLoaded', () => {
  localize()
  countSelected()
  new MutationObserver(localize).observe(document.body, {
    childList: true,
    characterData: true,
    subtree: true,
  })
  setInterval(localize, SECOND)
})

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('[data-copy]')
  if (button) void copy(button)
})

document.addEventListener('change', ({ target }) => {
  if (target.matches('[data-select-all]')) selectAll(target)
  if (target.matches('[type=checkbox]')) countSelected()
  const form = target.closest('form[data-autosubmit]')
  if (form && target.matches('select')) form.requestSubmit()
})

// A field that was left empty has no place in the URL.
document.addEventListener('submit', ({ target }) => {
  if (!target.matches('form[data-autosubmit]')) return
  for (const field of target.elements) field.disabled ||= field.name !== '' && field.value === ''
})

/** Writes each instant in the reader's zone; the UTC text stays on hover. */
function localize() {
  for (const time of document.querySelectorAll('time[data-style]')) {
    const { style } = time.dataset
    const at = Date.parse(time.dateTime)
    const text = style === 'until' ? until(at - Date.now()) : formats[style].format(at)
    if (time.textContent !== text) time.textContent = text
  }
}

function until(ms) {
  if (ms <= 0) return 'now'
  const s = Math.ceil(ms / SECOND)
  const parts = [
    [Math.floor(s / 86_400), 'd'],
    [Math.floor(s / 3600) % 24, 'h'],
    [Math.floor(s / 60) % 60, 'min'],
    [s % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return `in ${shown.map(([count, unit]) => `${count} ${unit}`).join(' ')}`
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy)
  await navigator.clipboard.writeText(source.dataset.text ?? source.textContent)
  const label = button.textContent
  button.textContent = 'Copied'
  setTimeout(() => (button.textContent = label), 2 * SECOND)
}

function selectAll(box) {
  for (const one of document.querySelectorAll('[data-select]')) one.checked = box.checked
}

function countSelected() {
  const count = document.querySelectorAll('[data-select]:checked').length
  for (const text of document.querySelectorAll('[data-selected]')) {
    text.textContent = count === 1 ? '1 selected' : `${count} selected`
  }
  for (const button of document.querySelectorAll('[data-needs-selection]')) {
    button.disabled = count === 0
  }
}
