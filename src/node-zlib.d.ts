// What of Node's zlib the runtime has and we use; its own types would bring all of Node's globals along.
declare module 'node:zlib' {
  type Options = { dictionary?: Uint8Array; maxOutputLength?: number }
  export function deflateRawSync(bytes: Uint8Array, options: Options): Uint8Array
  export function inflateRawSync(bytes: Uint8Array, options: Options): Uint8Array
}
