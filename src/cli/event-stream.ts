// Server-sent events as they come: https://html.spec.whatwg.org/multipage/server-sent-events.html

/** One event; what is not named is `message`. */
export type ServerEvent = { event: string; data: string }

/**
 * The events of a stream, one by one, until it ends. A line that says nothing tells that it is still there: after
 * `silenceMs` without anything it is given up.
 * @throws what the stream throws, or that it was silent.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silenceMs)
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split(/\r?\n\r?\n/)
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = readEvent(block)
        if (event) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the stream is silent')), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Undefined where there are comments only. */
function readEvent(block: string): ServerEvent | undefined {
  const fields = block.split(/\r?\n/).flatMap((line) => {
    const [, name = '', value = ''] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? []
    return name === '' ? [] : [[name, value] as const]
  })
  const data = fields.filter(([name]) => name === 'data').map(([, value]) => value)
  const event = fields.findLast(([name]) => name === 'event')?.[1] ?? 'message'
  return data.length === 0 ? undefined : { event, data: data.join('\n') }
}
