// What a request may say of its body.
import { describe, expect, it } from 'vitest'
import { findBodyProblem } from '../../src/http/media-type.ts'

function judge(contentType: string | undefined, kind: 'json' | 'form' = 'json', encoding?: string) {
  const headers = new Headers()
  if (contentType !== undefined) headers.set('Content-Type', contentType)
  if (encoding !== undefined) headers.set('Content-Encoding', encoding)
  return findBodyProblem(headers, kind)
}

describe('a JSON body', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;',
    'application/json ;',
    'application/json;;',
    'application/json ; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset="UTF\\-8"',
    'application/json; charset=utf8',
    'application/json; q=1; charset=utf-8; profile="a;charset=latin1"',
    'application/json; profile',
    'application/json; profile="never closed',
    'application/x+json',
    'application/vnd.api+json; version=1',
    'application/a!#$&^_b+json',
    'application/cloudevents-batch+json',
  ])('is read as %s', (type) => {
    expect(judge(type)).toBeUndefined()
  })

  it.each([
    undefined,
    '',
    ' ',
    ';',
    'json',
    'application',
    'application/',
    '/json',
    'text/json',
    'text/plain',
    'application/jsonp',
    'application/json5',
    'application/jsonapplication/json',
    'application/+json',
    'application/json+xml',
    'application/json-seq',
    'application/x-json',
    'application/json, application/json',
    'application/json, text/plain',
    'application/json text/plain',
    'application /json',
    'application/json/x',
    'multipart/form-data; boundary=x+json',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; charset="iso-8859-1"',
    'application/json; charset=utf-8; charset=latin1',
    'application/json; charset=latin1; charset=utf-8',
    'application/json; charset=""',
    'application/json; Charset=UTF-7',
    'application/json; charset=utf-80',
    `application/json; a="${'\\"'.repeat(4000)}`,
  ])('is refused as %s', (type) => {
    expect(judge(type)).toMatch(/^Send the body .*\w/)
  })

  it('is refused under a charset that the sentence names', () => {
    expect(judge('application/json; charset=Windows-1252')).toContain('windows-1252')
  })

  it.each(['gzip', 'GZIP', 'br', 'deflate', 'zstd', 'x-own', 'identity, gzip', '*', 'gzip;q=0'])(
    'is refused with the Content-Encoding %s, which the sentence names',
    (encoding) => {
      expect(judge('application/json', 'json', encoding)).toContain(encoding)
    },
  )

  it.each(['identity', 'IDENTITY', '', 'identity, identity'])(
    'is read with the Content-Encoding "%s"',
    (encoding) => {
      expect(judge('application/json', 'json', encoding)).toBeUndefined()
    },
  )
})

describe('a form', () => {
  it.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded;charset=UTF-8',
    'Multipart/Form-Data; boundary=----x',
  ])('is read as %s', (type) => {
    expect(judge(type, 'form')).toBeUndefined()
  })

  it.each([undefined, 'application/json', 'text/plain', 'multipart/mixed; boundary=x'])(
    'is refused as %s',
    (type) => {
      expect(judge(type, 'form')).toContain('form')
    },
  )
})
