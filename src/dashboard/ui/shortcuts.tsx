// The keys that a page listens to where scripts run: the list of them, the way to it, and the way out.
import { DELIVERIES } from '../context.ts'
import { may } from './may.tsx'

type Shortcut = { key: string; does: string; takes?: 'operate' }

/** Keys by the element that a page must have for them; a script listens to what the page lists, and to nothing else. */
const SHORTCUTS: { where: string; name: string; keys: Shortcut[] }[] = [
  {
    where: 'body',
    name: 'Everywhere',
    keys: [
      { key: '/', does: 'Search deliveries' },
      { key: '?', does: 'Show these keys' },
    ],
  },
  {
    where: 'main a.row-link',
    name: 'In lists',
    keys: [
      { key: 'j', does: 'Next row' },
      { key: 'k', does: 'Row before' },
      { key: 'Enter', does: 'Open the row' },
    ],
  },
  {
    where: 'form.list',
    name: 'In the list of deliveries',
    keys: [
      { key: 'x', does: 'Tick the row, or untick it', takes: 'operate' },
      {
        key: 'r',
        does: 'Redeliver what is ticked, or else the row: asks first',
        takes: 'operate',
      },
    ],
  },
]

/** Opened by the button or by `?`; in it the keys are switched off (WCAG 2.1.4). */
export function Shortcuts() {
  return (
    <dialog
      id="shortcuts"
      class="card"
      aria-labelledby="shortcuts-name"
      data-search={`${DELIVERIES}#search`}
    >
      <h2 id="shortcuts-name">Keyboard shortcuts</h2>
      {SHORTCUTS.map(({ where, name, keys }) => {
        const offered = keys.filter(({ takes }) => takes === undefined || may(takes))
        return offered.length === 0 ? null : (
          <section data-where={where}>
            <h3>{name}</h3>
            <Keys keys={offered} />
          </section>
        )
      })}
      <label class="check">
        <input type="checkbox" data-shortcuts-switch checked autocomplete="off" /> Listen to these
        keys, in this browser
      </label>
      <button type="button" data-close-shortcuts>
        Close
      </button>
    </dialog>
  )
}

function Keys({ keys }: { keys: Shortcut[] }) {
  return (
    <dl>
      {keys.map(({ key, does }) => (
        <div>
          <dt>
            <kbd data-key={key}>{key}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The button that opens the list of keys; without scripts there are none. */
export function ShowShortcuts() {
  return (
    <button
      type="button"
      class="quiet small needs-js"
      aria-label="Keyboard shortcuts"
      title="Keyboard shortcuts"
      aria-haspopup="dialog"
      data-show-shortcuts
    >
      ?
    </button>
  )
}
