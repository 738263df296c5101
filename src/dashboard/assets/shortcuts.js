// Keys for who works through a list without a mouse: what the page's dialog lists, and only while nobody types.
const SHORTCUTS = {
  '/': goToSearch,
  '?': showShortcuts,
  j: () => goToRow(1),
  k: () => goToRow(-1),
  x: tickRow,
  r: askToRedeliver,
}

/** Those that go on while they are held down. */
const REPEATED = 'jk'

/** Where it is kept that they are switched off, and which row was gone to last. */
const SWITCH = 'callingbox-shortcuts'
const LAST_ROW = 'callingbox-row'

const ROW_LINKS = 'main a.row-link'

let areShortcutsOff = readKept(SWITCH) === 'off'

/** The row that has the focus: its link, and where that led when it got it. */
let focusedRow

document.addEventListener('keydown', (event) => {
  const act = SHORTCUTS[event.key]
  if (!act || !isForShortcuts(event)) return
  event.preventDefault()
  act()
})

document.addEventListener('click', ({ target }) => {
  if (!(target instanceof Element)) return
  if (target.closest('[data-show-shortcuts]')) showShortcuts()
  if (target.closest('[data-close-shortcuts]')) shortcutsDialog().close()
})

document.addEventListener('change', ({ target }) => {
  if (!target.matches('[data-shortcuts-switch]')) return
  areShortcutsOff = !target.checked
  keep(SWITCH, areShortcutsOff ? 'off' : 'on')
})

document.addEventListener('focusin', ({ target }) => {
  if (target.matches(ROW_LINKS)) focusedRow = { link: target, href: hrefOf(target) }
})

// Who clicks beside it has left it.
document.addEventListener('pointerdown', () => (focusedRow = undefined))

// Another tab may have switched them.
addEventListener('storage', ({ key, newValue }) => {
  if (key === SWITCH) areShortcutsOff = newValue === 'off'
})

document.addEventListener('DOMContentLoaded', () => {
  new MutationObserver(stayOnRow).observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['href'],
  })
})

function isForShortcuts(event) {
  if (event.defaultPrevented || event.isComposing || isTypedInto(event.target)) return false
  if (event.ctrlKey || event.altKey || event.metaKey) return false
  if (event.repeat && !REPEATED.includes(event.key)) return false
  if (areShortcutsOff || document.querySelector('dialog[open]')) return false
  return shortcutsDialog()?.querySelector(`[data-key="${event.key}"]`) != null
}

/** A box or a button takes no letters. */
function isTypedInto(element) {
  if (element.isContentEditable || element.matches('textarea, select')) return true
  const takesNone = ['checkbox', 'radio', 'button', 'submit', 'reset']
  return element.matches('input') && !takesNone.includes(element.type)
}

function shortcutsDialog() {
  return document.getElementById('shortcuts')
}

function showShortcuts() {
  const dialog = shortcutsDialog()
  for (const part of dialog.querySelectorAll('[data-where]')) {
    part.hidden = !document.querySelector(part.dataset.where)
  }
  dialog.querySelector('[data-shortcuts-switch]').checked = !areShortcutsOff
  dialog.showModal()
}

function goToSearch() {
  const field = document.querySelector('#search')
  if (field) field.select()
  else location.assign(shortcutsDialog().dataset.search)
}

/** To the next row, or the one before; from nowhere to the row gone to last, or else to the first or the last. */
function goToRow(direction) {
  const links = [...document.querySelectorAll(ROW_LINKS)]
  const here = linkOfRow(document.activeElement)
  const next = here ? links[links.indexOf(here) + direction] : firstOf(links, direction)
  if (!next) return
  keep(LAST_ROW, hrefOf(next), 'sessionStorage')
  focusRow(next)
}

function firstOf(links, direction) {
  const last = readKept(LAST_ROW, 'sessionStorage')
  return links.find((link) => hrefOf(link) === last) ?? links.at(direction > 0 ? 0 : -1)
}

function focusRow(link) {
  link.focus({ preventScroll: true })
  link.closest('tr, li').scrollIntoView({ block: 'nearest' })
}

function linkOfRow(element) {
  return element.closest('tr, li')?.querySelector(ROW_LINKS)
}

function hrefOf(link) {
  return link.getAttribute('href')
}

/** A part of the page was put in the place of another: the focus stays with what it was on, and acts on nothing else. */
function stayOnRow() {
  if (!focusedRow) return
  const { link, href } = focusedRow
  if (link.isConnected && hrefOf(link) === href) return
  focusedRow = undefined
  if (![document.body, link].includes(document.activeElement)) return
  link.blur()
  const same = [...document.querySelectorAll(ROW_LINKS)].find((one) => hrefOf(one) === href)
  if (same) focusRow(same)
}

function tickRow() {
  linkOfRow(document.activeElement)?.closest('tr')?.querySelector('[data-select]')?.click()
}

/** By the way that the buttons go: what is ticked, or else the row, is asked about on a page. */
function askToRedeliver() {
  const form = document.querySelector('form.list')
  const row = linkOfRow(document.activeElement)
  if (form?.querySelector('[data-select]:checked')) {
    form.querySelector('[data-needs-selection]').click()
  } else if (form && row) {
    const asksWhere = row.closest('tr').querySelector('[data-asks-where]')
    location.assign(asksWhere?.href ?? questionAbout(form, row))
  }
}

function questionAbout(form, row) {
  const fields = new URLSearchParams(new FormData(form))
  fields.append('id', hrefOf(row).split('/').at(-1))
  return `${form.action}?${fields}`
}
