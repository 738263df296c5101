// The frame of a page: what it is called, and where the others are.
import { html } from 'hono/html'
import type { Child } from 'hono/jsx'

/** The style sheet's path. */
export const STYLES = '/docs/docs.css'

/** A page: where it is, how it is called, what it is about in a line, and what it says. */
export type Page = { path: string; title: string; about: string; content: Child }

/** What the navigation needs of a page. */
export type Entry = Pick<Page, 'path' | 'title'>

/** The whole page as HTML. */
export function renderPage(page: Page, pages: Entry[]) {
  const { title, about, content } = page
  return html`<!doctype html>${(
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="description" content={about} />
          <title>{title} · CallingBox webhooks</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href={STYLES} />
        </head>
        <body>
          <a class="skip" href="#main">
            Skip to content
          </a>
          <header>
            <a href="/">
              <strong>CallingBox webhooks</strong>
            </a>
            <nav aria-label="Documentation">
              <ul>
                {pages.map((entry) => (
                  <li>
                    <Link {...entry} current={page.path} />
                  </li>
                ))}
              </ul>
            </nav>
          </header>
          <main id="main">
            <h1>{title}</h1>
            {content}
          </main>
        </body>
      </html>
    )}`
}

function Link({ path, title, current }: Entry & { current: string }) {
  if (path !== current) return <a href={path}>{title}</a>
  return (
    <a href={path} aria-current="page">
      {title}
    </a>
  )
}
