// Telling public addresses from all others, at the borders of every special range.

import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../src/webhook/address.ts'

/** First and last address of each IPv4 range that is not public. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.255'],
] as const

/** The public neighbours on both sides of those ranges, where there is one. */
const PUBLIC_IPV4 = addresses(`
  1.0.0.0  9.255.255.255  11.0.0.0  100.63.255.255  100.128.0.0
  126.255.255.255  128.0.0.0  168.63.129.15  168.63.129.17  169.253.255.255
  169.255.0.0  172.15.255.255  172.32.0.0  191.255.255.255  192.0.1.0
  192.0.1.255  192.0.3.0  192.31.195.255  192.31.197.0  192.52.192.255
  192.52.194.0  192.88.98.255  192.88.100.0  192.167.255.255  192.169.0.0
  192.175.47.255  192.175.49.0  198.17.255.255  198.20.0.0  198.51.99.255
  198.51.101.0  203.0.112.255  203.0.114.0  223.255.255.255  8.8.8.8  1.1.1.1
`)

const SPECIAL_IPV6 = addresses(`
  ::  ::1  ::ffff:8.8.8.8  ::ffff:808:808  ::8.8.8.8  ::ffff:0:8.8.8.8
  64:ff9b::8.8.8.8  64:ff9b::808:808  64:ff9b:1::1  100::1  100:0:0:1::1
  1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  4000::  5f00::1  8000::1
  fc00::1  fd00:ec2::254  fe80::1  febf::1  fec0::1  ff00::  ff02::1  ffff::
  2001::  2001::1  2001:0:4136:e378:8000:63bf:3fff:fdd2  2001:1::1  2001:2::1
  2001:3::1  2001:4:112::1  2001:10::1  2001:20::1  2001:30::1
  2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff  2001:db8::  2001:DB8::1  2001:0db8:0::1
  2001:db8:ffff:ffff:ffff:ffff:ffff:ffff  2002::  2002:7f00:1::  2002:808:808::1
  2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff  2620:4f:8000::  2620:4f:8000::1
  2620:4f:8000:ffff:ffff:ffff:ffff:ffff  3fff::  3fff::1  3fff:fff:ffff::
`)

const PUBLIC_IPV6 = addresses(`
  2000::  2000::1  2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff  2001:200::  2001:200::1
  2001:4860:4860::8888  2001:db7:ffff::1  2001:db9::  2001:ffff:ffff::1  2003::
  2606:4700:4700::1111  2606:4700:4700:0:0:0:0:1111  2606:4700::6810:84E5
  2620:4f:7fff:ffff::1  2620:4f:8001::  2620::1  2620:0:8000::1  2a00:1450::1
  3ffe:ffff:ffff:ffff::1  3fff:1000::  3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  2a00:1450:4001:82b:0:0:0:200e  2606:4700::1.2.3.4  2400:cb00:2048:1::c629:d7a2
`)

const NO_ADDRESS = [
  '',
  ' ',
  '.',
  ':',
  ':::',
  'example.com',
  'localhost',
  '1',
  '1.1',
  '1.1.1',
  '1.1.1.1.1',
  '1.1.1.1.',
  '.1.1.1.1',
  '1..1.1',
  '01.1.1.1',
  '1.1.1.01',
  '0x1.1.1.1',
  '1.1.1.256',
  '1.1.1.-1',
  '1.1.1.+1',
  '1.1.1.1e0',
  ' 1.1.1.1',
  '1.1.1.1 ',
  '1.1.1.1\n',
  '1.1.1.1/32',
  '1.1.1.1:443',
  '16843009',
  '0x01010101',
  '1.1.1.\u0661',
  '\uff11.1.1.1',
  '1.1.1.1000',
  '[2606:4700::1]',
  '2606:4700::1%eth0',
  '2606:4700::1%25eth0',
  '2606:4700::1/64',
  '2606:4700::1::1',
  '2606:4700',
  '2606:4700:0:0:0:0:0',
  '2606:4700:0:0:0:0:0:0:1',
  '2606:',
  '26060::1',
  'g::1',
  '2606:4700::1 ',
  ' 2606:4700::1',
  '2606:4700::1]@[::',
  '2606::1.2.3',
  '2606::1.2.3.256',
  '2606::01.2.3.4',
  '2606:4700::1#',
  '2606:4700::1\t',
  '2606:4700::1\\',
]

describe('isPublicAddress', () => {
  it.each(SPECIAL_IPV4)('refuses %s to %s (X5)', (first, last) => {
    expect(isPublicAddress(first)).toBe(false)
    expect(isPublicAddress(last)).toBe(false)
  })

  it.each(PUBLIC_IPV4)('accepts %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(SPECIAL_IPV6)('refuses %s (X5)', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(PUBLIC_IPV6)('accepts %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(NO_ADDRESS)('refuses what is no address: "%s"', (text) => {
    expect(isPublicAddress(text)).toBe(false)
  })
})

function addresses(text: string): string[] {
  return text.trim().split(/\s+/)
}
