// /llms.txt: what there is to read, for language models. Source: llmstxt.org.
import type { Page } from './frame.tsx'

/** The pages as a list of links; `origin` is where they are. */
export function describeForModels(pages: Page[], origin: string): string {
  const links = pages.map(({ path, title, about }) => `- [${title}](${origin}${path}): ${about}`)
  return `# CallingBox webhooks

> Signed webhooks about telephone calls: send an event once, every endpoint that takes it gets it, and whatever was sent can be looked at and sent again.

## Documentation

${links.join('\n')}

## For programs

- [OpenAPI 3.1](${origin}/openapi.json): every operation, schema, error and webhook.
- [MCP](${origin}/mcp): tools to find, explain and replay deliveries; POST, with an API key.
`
}
