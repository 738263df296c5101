// Filters that a reader keeps under a name: in the browser alone, for one organization each.
const MOST_FILTERS = 20

document.addEventListener('DOMContentLoaded', showFilters)

document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-keep-filter]')) return
  event.preventDefault()
  keepFilter(event.target)
})

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('[data-forget-filter]')
  if (button) forgetFilter(button.dataset.forgetFilter)
})

function showFilters() {
  const place = document.querySelector('[data-filters]')
  if (!place) return
  const filters = readFilters(place)
  place.querySelector('[data-kept]').replaceChildren(...filters.map((one) => lineOf(place, one)))
}

/** Texts, never markup, and a link that stays on its page: what is kept may have been written by anything. */
function lineOf(place, { name, query }) {
  const [line, link, button] = ['li', 'a', 'button'].map((tag) => document.createElement(tag))
  link.textContent = name
  link.href = place.dataset.path + query
  if (query === place.dataset.query) link.setAttribute('aria-current', 'page')
  button.type = 'button'
  button.className = 'quiet small'
  button.dataset.forgetFilter = name
  button.textContent = 'Remove'
  button.setAttribute('aria-label', `Remove the filter ${name}`)
  line.append(link, button)
  return line
}

function keepFilter(form) {
  const place = form.closest('[data-filters]')
  const name = form.elements.name.value.trim()
  if (name === '') return
  const others = readFilters(place).filter((one) => one.name !== name)
  if (others.length >= MOST_FILTERS) {
    say(place, `${MOST_FILTERS} filters can be kept: remove one first.`)
    return
  }
  if (!writeFilters(place, [...others, { name, query: place.dataset.query }])) return
  form.reset()
  say(place, `Kept as ${name}, in this browser.`)
}

function forgetFilter(name) {
  const place = document.querySelector('[data-filters]')
  writeFilters(
    place,
    readFilters(place).filter((one) => one.name !== name),
  )
  say(place, `Removed ${name}.`)
  place.querySelector('[data-kept] a, input')?.focus()
}

/** Those that are whole, in the order in which they were kept. */
function readFilters(place) {
  try {
    const kept = JSON.parse(localStorage.getItem(place.dataset.filters) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isFilter).slice(0, MOST_FILTERS) : []
  } catch {
    return []
  }
}

function isFilter(one) {
  return typeof one?.name === 'string' && typeof one.query === 'string' && one.query.startsWith('?')
}

function writeFilters(place, filters) {
  try {
    localStorage.setItem(place.dataset.filters, JSON.stringify(filters))
  } catch {
    say(place, 'This browser keeps nothing for this page: bookmark its address instead.')
    return false
  }
  showFilters()
  return true
}

function say(place, text) {
  place.querySelector('[role=status]').textContent = text
}
