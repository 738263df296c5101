// What a page does better with a script: countdowns, copying, selecting; its times are in times.js.
document.documentElement.classList.add('js')

/** How long it is told what was copied, in ms. */
const TOLD_MS = 4 * SECOND

let forgetting

document.addEventListener('DOMContentLoaded', countSelected)

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

document.addEventListener('input', ({ target }) => {
  if (target.matches('[data-total]')) estimate(target)
})

// A field that was left empty has no place in the URL.
document.addEventListener('submit', ({ target }) => {
  if (!target.matches('form[data-autosubmit]')) return
  for (const field of target.elements) field.disabled ||= field.name !== '' && field.value === ''
})

/** How long so many take at the rate that is typed. */
function estimate(field) {
  const output = field.form.querySelector('[data-takes]')
  const seconds = Number(field.dataset.total) / Number(field.value)
  output.textContent = field.checkValidity() && seconds > 0 ? writeSeconds(Math.ceil(seconds)) : '–'
}

/** Takes along what the button is beside; where the browser does not let a page do that, a person can. */
async function copy(button) {
  const source = button.closest('[data-copyable]').querySelector('[data-copied]')
  const text = source.dataset.text ?? source.textContent
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    selectText(source, text)
    tell('This browser does not let the page copy. It is selected: press Ctrl+C, or ⌘C.')
    return
  }
  button.dataset.done = ''
  setTimeout(() => delete button.dataset.done, TOLD_MS)
  tell(`Copied: ${button.dataset.copy}.`)
}

/** What is shown in short is shown whole first. */
function selectText(source, text) {
  source.hidden = false
  if (source.textContent !== text) source.textContent = text
  getSelection().selectAllChildren(source)
}

function tell(text) {
  const place = document.getElementById('copy-news')
  place.textContent = text
  clearTimeout(forgetting)
  forgetting = setTimeout(() => (place.textContent = ''), TOLD_MS)
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
