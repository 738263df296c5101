// Reads a header from whatever a framework has them in.

/** `Headers`, a request with a method `get`, a Map, or an object by name, as Node's `request.headers`. */
export type WebhookHeaders =
  | { get(name: string): unknown }
  | { readonly [name: string]: string | readonly string[] | undefined }

/** The header's values, in whatever case its name is; none when it is not there. */
export function readHeader(headers: WebhookHeaders, name: string): string[] {
  return lookUp(headers, name).flat().filter(isFilled)
}

function lookUp(headers: WebhookHeaders, name: string): unknown[] {
  if (hasGet(headers)) return [headers.get(name) ?? headers.get(name.toLowerCase())]
  const isNamed = ([other]: [string, unknown]) => other.toLowerCase() === name.toLowerCase()
  return Object.entries(headers ?? {})
    .filter(isNamed)
    .map(([, value]) => value)
}

function hasGet(headers: WebhookHeaders): headers is { get(name: string): unknown } {
  return typeof headers?.get === 'function'
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
