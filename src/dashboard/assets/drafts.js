// What was typed or ticked on a page that is left: should its session have ended, it is there again after signing in.
const DRAFT = 'callingbox-draft'

addEventListener('pagehide', () => {
  if (asksToSignIn()) return
  const fields = [...document.querySelectorAll('form [name]')].filter(isChanged).map(describeField)
  if (fields.length === 0) sessionStorage.removeItem(DRAFT)
  else keepDraft({ address: addressOfPage(), fields, isWanted: false })
})

document.addEventListener('DOMContentLoaded', () => {
  const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? 'null')
  if (!draft) return
  if (asksToSignIn()) keepDraft({ ...draft, isWanted: true })
  else if (draft.isWanted && draft.address === addressOfPage()) restoreDraft(draft)
})

function keepDraft(draft) {
  sessionStorage.setItem(DRAFT, JSON.stringify(draft))
}

function restoreDraft({ fields }) {
  sessionStorage.removeItem(DRAFT)
  if (fields.filter(restoreField).length === 0) return
  const note = document.createElement('div')
  note.className = 'notice wait'
  note.setAttribute('role', 'status')
  note.textContent = 'What you had typed or ticked is here again. Nothing was sent yet.'
  document.querySelector('main').prepend(note)
}

/** Whatever its address: a form that was sent too late is answered with it. */
function asksToSignIn() {
  return document.querySelector('.sign-in [name=key]') !== null
}

function addressOfPage() {
  return location.pathname + location.search
}

function isChanged(field) {
  if (['password', 'hidden', 'submit', 'button'].includes(field.type)) return false
  if ('secret' in field.dataset) return false
  if (isBox(field)) return field.checked !== field.defaultChecked
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected)
  return field.value !== field.defaultValue
}

function isBox({ type }) {
  return type === 'checkbox' || type === 'radio'
}

function describeField(field) {
  const { name, value, checked } = field
  return { form: field.form.getAttribute('action'), name, value, ...(isBox(field) && { checked }) }
}

/** Puts a field back as it was; answers whether it is still there. */
function restoreField({ form, name, value, checked }) {
  const field = [...document.querySelectorAll('form [name]')].find(
    (one) =>
      one.name === name &&
      one.form.getAttribute('action') === form &&
      (checked === undefined || one.value === value),
  )
  if (!field) return false
  if (checked === undefined) field.value = value
  else field.checked = checked
  field.dispatchEvent(new Event(isBox(field) ? 'change' : 'input', { bubbles: true }))
  return true
}
