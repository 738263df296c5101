// Texts that are not JSON, by the class of RFC 8259 rule they break.

/** Each class of violation with its cases; every case is a whole body. */
export const NOT_JSON: Readonly<Record<string, readonly string[]>> = {
  'nothing but white space': [' ', '\t', '\n', '\r\n', ' \t\r\n '],

  'white space of other languages': [
    '\v1',
    '\f1',
    '\u00a01',
    '\u00851',
    '\u20281',
    '\u30001',
    '[1\u00a0]',
    '{"a"\v:1}',
    '[1,\f2]',
    '\u200b{}',
    '{}\ufeff',
    '[\ufeff1]',
    '\u00001',
    '1\u0000',
    '{}\u001a',
  ],

  'literals that are close': cases(String.raw`
    True   FALSE   Null   nul   tru   fals   truefalse   nulll   undefined   None   yes   nil
    t   true1   [true false]   [nan]   n ull   \u0074rue
  `),

  'numbers with a wrong integer part': [
    ...cases(String.raw`
      01   -01   00   -00   -   +1   --1   -+1   - 1   ++1   .5   -.5   1 000   1_000   1,000
      012   [-]   [-a]   {"a":-}
    `),
    '\uff11',
    '\u0661',
    '\u22121',
  ],

  'numbers with a wrong fraction': cases(String.raw`
    1.   -1.   0.   1..2   1.2.3   1.e5   1.-2   1.+2   1. 2   [1.]   {"a":1.}   0.0.0   1.a
  `),

  'numbers with a wrong exponent': cases(String.raw`
    1e   1E   1e+   1e-   1E+   1ee2   1e2e3   1e1.5   1e 5   1 e5   1e++5   e5   [1e]   1e0x5
    0e   0e+   1.5e
  `),

  'numbers of other languages': cases(String.raw`
    0x1F   0X1   0b11   0o17   1n   1f   1L   NaN   -NaN   Infinity   -Infinity   +Infinity
    inf   1#INF   1/2   $1
  `),

  'strings that do not end': cases(String.raw`
    "   "a   "\"   "\   "a\\\"   ["a]   {"a   {"a":"b}   {"a:1}   "\u00   "a"b"   """"
  `),

  'strings in other quotes': [
    ...cases(String.raw`
      ''   'a'   {'a':1}   "a'   'a"   \"a\"   ["a",'b']   @"a"
    `),
    '`a`',
    '\u201ca\u201d',
  ],

  'control characters in strings': Array.from(
    { length: 0x20 },
    (_, code) => `"a${String.fromCharCode(code)}b"`,
  ),

  'wrong escapes': [
    ...cases(String.raw`
      "\a"   "\0"   "\x41"   "\v"   "\'"   "\ "   "\U0041"   "\N"   "\012"   "\u"   "\u1"
      "\u12"   "\u123"   "\u123g"   "\u 123"   "\u+123"   "\u{1F600}"   "\ud83d\u"   {"\q":1}
    `),
    '"\\\n"',
    '"\\\u00e9"',
    '"\\u\uff10041"',
  ],

  'arrays with wrong commas': [
    ...cases(String.raw`
      [,]   [1,]   [,1]   [1,,2]   [,,]   [1 2]   ["a" "b"]   [1;2]   [[],]   [1,2,]   [ , ]
      [{}{}]   [[][]]
    `),
    '[1\uff0c2]',
  ],

  'arrays that do not end or begin': cases(String.raw`
    [   ]   [1   [1,   1]   [[]   []]   [1}   (1)   [""   [{   [}   <1>   [1))
  `),

  'objects with wrong commas': cases(String.raw`
    {,}   {"a":1,}   {,"a":1}   {"a":1,,"b":2}   {"a":1 "b":2}   {"a":1;"b":2}   {"a":1,,}
    {"a":{},}
  `),

  'objects with wrong colons': cases(String.raw`
    {"a"}   {"a":}   {"a":,}   {"a"::1}   {"a"=1}   {"a"=>1}   {"a",1}   {"a" 1}   {:1}
    {"a":1:2}   {"a":"b":"c"}   ["a":1]   {"a","b"}
  `),

  'names that are no strings': cases(String.raw`
    {a:1}   {1:1}   {null:1}   {true:1}   {[]:1}   {{}:1}   {-1:1}   {1.5:1}   {$a:1}   {a b:1}
    {"a":1,b:2}   {...a}   {[a]:1}   {a}
  `),

  'objects that do not end or begin': cases(String.raw`
    {   }   {"a"   {"a":   {"a":1   {"a":1,   "a":1}   {]   {"a":1]   {{}}   {}}   {"a":{}
    {"a":[}   "a":1
  `),

  'more than one value': [
    ...cases(String.raw`
      1 2   {}{}   [][]   "a""b"   true false   null,null   {} x   1,   {};   []#   null null
      {},
    `),
    '{"a":1}\n{"a":2}',
  ],

  comments: [
    ...cases(String.raw`
      1 // a   /* a */1   1/* a */   [1/**/]   {/**/}   {"a"/**/:1}   <!-- a -->1   1--a   /   /*
      {"a":1}//
    `),
    '// a\n1',
    '# a\n1',
    '[1,//\n2]',
  ],

  'other formats': [
    ...cases(String.raw`
      a   *   a=1&b=2   <a/>   a: 1   - a   callback({})   ({})   JSON   new Date()   /a/
      () => 1   {"a":/b/}   [1]+[2]   \u007b\u007d   {"a":"b"+"c"}   @   {{}   %7B%7D
    `),
    '---\na: 1',
    ")]}',\n{}",
    '\u{1f600}',
  ],
}

/** Byte sequences that are not UTF-8 (RFC 3629), each to stand inside a string. */
export const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  'a lone continuation byte': [0x80],
  'two continuation bytes': [0xbf, 0xbf],
  'a two-byte sequence cut short': [0xc3],
  'a three-byte sequence cut short': [0xe2, 0x82],
  'a four-byte sequence cut short': [0xf0, 0x9f, 0x98],
  'an overlong slash in two bytes': [0xc0, 0xaf],
  'an overlong slash in three bytes': [0xe0, 0x80, 0xaf],
  'an overlong slash in four bytes': [0xf0, 0x80, 0x80, 0xaf],
  'an overlong null (modified UTF-8)': [0xc0, 0x80],
  'a high surrogate': [0xed, 0xa0, 0x80],
  'a low surrogate': [0xed, 0xbf, 0xbf],
  'a pair of surrogates (CESU-8)': [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  'a code point above U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  'a five-byte sequence': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'the byte FE': [0xfe],
  'the byte FF': [0xff],
  'Latin-1 e acute': [0x63, 0xe9, 0x64],
}

/** Cases stand three spaces apart, so that single ones can be part of a case. */
function cases(text: string): string[] {
  return text.trim().split(/ {3}|\n */)
}
