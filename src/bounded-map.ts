// What an isolate keeps in mind of others, who may be any number: a map that is bounded.

/** A map by texts that holds so many at most: what was set longest ago makes room. */
export class BoundedMap<Value> extends Map<string, Value> {
  readonly #most: number

  constructor(most = 10_000) {
    super()
    this.#most = most
  }

  override set(key: string, value: Value): this {
    this.delete(key)
    const [oldest] = this.size >= this.#most ? this.keys() : []
    if (oldest !== undefined) this.delete(oldest)
    return super.set(key, value)
  }
}
