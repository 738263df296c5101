// Addresses that a webhook must never reach, in every spelling that some URL parser understands.

/** Loopback, private, link-local, shared, cloud metadata, and the host agent of a cloud. */
const ADDRESSES = [
  [127, 0, 0, 1],
  [10, 0, 0, 1],
  [192, 168, 1, 1],
  [169, 254, 169, 254],
  [100, 100, 100, 200],
  [168, 63, 129, 16],
] as const

type Quad = (typeof ADDRESSES)[number]

const number = ([a, b, c, d]: Quad) => ((a * 256 + b) * 256 + c) * 256 + d
const hex = (value: number) => value.toString(16)
const octal = (value: number) => `0${value.toString(8)}`
const fullWidth = (text: string) =>
  text.replaceAll(/[0-9.]/g, (it) => String.fromCodePoint((it.codePointAt(0) ?? 0) + 0xfee0))

/** The ways to write one address as a URL's host. */
const SPELLINGS: ((address: Quad) => string)[] = [
  (it) => it.join('.'),
  (it) => `${it.join('.')}.`,
  (it) => String(number(it)),
  (it) => `0x${hex(number(it))}`,
  (it) => `0X${hex(number(it)).toUpperCase()}`,
  (it) => octal(number(it)),
  (it) => it.map((part) => `0x${hex(part)}`).join('.'),
  (it) => it.map(octal).join('.'),
  (it) => it.map((part) => String(part).padStart(4, '0')).join('.'),
  ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  ([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
  ([a, b, c, d]) => `0x${hex(a)}.${octal(b)}.${c}.${d}`,
  (it) => fullWidth(it.join('.')),
  (it) => it.join('\u3002'),
  (it) => it.join('%2e'),
  (it) => encodeURIComponent(it.join('.')).replaceAll(/\d/g, (digit) => `%3${digit}`),
  (it) => `[::ffff:${it.join('.')}]`,
  (it) => `[::${it.join('.')}]`,
  (it) => `[64:ff9b::${it.join('.')}]`,
  ([a, b, c, d]) => `[2002:${hex(a * 256 + b)}:${hex(c * 256 + d)}::]`,
  ([a, b, c, d]) => `[0:0:0:0:0:ffff:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
]

/** Each address in each spelling, as an https URL. */
export const ADDRESS_SPELLINGS: readonly string[] = ADDRESSES.flatMap((address) =>
  SPELLINGS.map((spell) => `https://${spell(address)}/latest/meta-data/`),
)
