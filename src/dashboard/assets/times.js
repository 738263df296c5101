// Instants in one zone a page: the reader's own, or UTC for who has asked for it. Pages come in UTC.
const SECOND = 1000
const MINUTE = 60 * SECOND

const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone

const STYLES = {
  full: { dateStyle: 'medium', timeStyle: 'medium' },
  short: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
}

/** Where the choice is kept. */
const CHOSEN_ZONE = 'callingbox-zone'

let zone = readKept(CHOSEN_ZONE) === 'UTC' ? 'UTC' : OWN_ZONE
let formats = createFormats()

document.addEventListener('DOMContentLoaded', () => {
  for (const field of document.querySelectorAll('[data-instant]')) showInstant(field, field.value)
  nameZone()
  localize()
  new MutationObserver(localize).observe(document.body, {
    childList: true,
    characterData: true,
    subtree: true,
  })
  setInterval(localize, SECOND)
})

document.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-zone-switch]')) switchZone()
})

// What is sent is UTC, whatever the field shows.
document.addEventListener('formdata', ({ target, formData }) => {
  for (const field of target.elements) {
    if (field.matches('[data-instant]:enabled')) formData.set(field.name, readInstant(field))
  }
})

function switchZone() {
  const fields = [...document.querySelectorAll('[data-instant]')]
  const instants = fields.map(readInstant)
  zone = zone === 'UTC' ? OWN_ZONE : 'UTC'
  keep(CHOSEN_ZONE, zone)
  formats = createFormats()
  fields.forEach((field, place) => showInstant(field, instants[place]))
  nameZone()
  localize()
}

function createFormats() {
  const named = Object.entries(STYLES).map(([name, style]) => [name, createFormat(style)])
  return Object.fromEntries(named)
}

function createFormat(style) {
  return new Intl.DateTimeFormat(undefined, { ...style, timeZone: zone })
}

function nameZone() {
  for (const name of document.querySelectorAll('[data-zone]')) name.textContent = zone
  for (const button of document.querySelectorAll('[data-zone-switch]')) {
    button.hidden = OWN_ZONE === 'UTC'
    button.textContent = `Show ${zone === 'UTC' ? OWN_ZONE : 'UTC'}`
  }
}

/** Writes each instant in the zone; the UTC text stays on hover. */
function localize() {
  for (const time of document.querySelectorAll('time[data-style]')) {
    const { style } = time.dataset
    const at = Date.parse(time.dateTime)
    write(time, style === 'until' ? writeUntil(at - Date.now()) : formats[style].format(at))
  }
  for (const title of document.querySelectorAll('title[data-at]')) {
    write(title, `${formats.minute.format(Date.parse(title.dataset.at))}: ${title.dataset.says}`)
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** Shows a UTC text (`2026-11-23T12:00`) in the zone. What it was is kept: an hour in autumn comes twice. */
function showInstant(field, utc) {
  field.value = utc === '' || zone === 'UTC' ? utc : toOwnZone(new Date(`${utc}Z`))
  field.dataset.utc = utc
  field.dataset.shown = field.value
}

function readInstant(field) {
  const { value, dataset } = field
  if (value === dataset.shown) return dataset.utc
  return value === '' || zone === 'UTC' ? value : new Date(value).toISOString().slice(0, 19)
}

function toOwnZone(date) {
  return new Date(date - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 19)
}

/** What is kept under the name, for good, or in `sessionStorage` for this tab. */
function readKept(name, store = 'localStorage') {
  try {
    return window[store].getItem(name)
  } catch {
    return null
  }
}

function keep(name, text, store = 'localStorage') {
  try {
    window[store].setItem(name, text)
  } catch {
    // It holds for this page, then.
  }
}

// These two say what the page's own of the same name says: a test compares.
function writeUntil(ms) {
  return ms <= 0 ? 'now' : `in ${writeSeconds(Math.ceil(ms / SECOND))}`
}

function writeSeconds(s) {
  const parts = [
    [Math.floor(s / 86_400), 'd'],
    [Math.floor(s / 3600) % 24, 'h'],
    [Math.floor(s / 60) % 60, 'min'],
    [s % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
