// Text and bytes, in what every runtime has.

/** The bytes of text in UTF-8. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}

/** The text of bytes in UTF-8, without a byte order mark; what is not UTF-8 becomes U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The bytes of an even number of hex digits. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** The bytes of base64, with or without padding; `undefined` when it is none. */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromLatin1(atob(base64))
  } catch {
    return undefined
  }
}

/** A byte for each character, of which none is beyond U+00FF. */
export function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The bytes of both, one after the other. */
export function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
