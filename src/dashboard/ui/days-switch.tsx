// The stretch that a page's charts show: a day, or a week.

/** Two links to the page at `path`, the present one marked. */
export function DaysSwitch({ path, days }: { path: string; days: 1 | 7 }) {
  return (
    <nav class="switch" aria-label="Time range">
      <a href={path} aria-current={days === 1 ? 'page' : undefined}>
        24 hours
      </a>
      <a href={`${path}?days=7`} aria-current={days === 7 ? 'page' : undefined}>
        7 days
      </a>
    </nav>
  )
}
