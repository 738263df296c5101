// What the operator sets: the tokens, each with the name that the audit log has, and the pepper.

/** As many characters as 32 random bytes are in base64 without padding: what anybody can guess is shorter. */
const SECRET_LENGTH = 43

/** A token and who has it. */
export type OperatorToken = { name: string; token: string }

/** The secrets that tokens are read from. */
type TokenSecrets = { ADMIN_TOKEN?: string; ADMIN_TOKENS?: string }

/** A secret that will not do. The message names it and says what it must be, and nothing of what it is. */
export class SecretError extends Error {
  override name = 'SecretError'
}

/** The name of whoever has ADMIN_TOKEN; that of others is behind it. */
const OPERATOR = 'admin'

const NAME = /^[\w.-]{1,32}$/
const TOKEN = new RegExp(`^[\\x21-\\x7e]{${SECRET_LENGTH},}$`)

/**
 * All tokens: ADMIN_TOKEN, and those of ADMIN_TOKENS, `name:token,name:token`. So one is changed without a moment
 * in which there is none.
 * @throws SecretError
 */
export function listOperatorTokens({ ADMIN_TOKEN, ADMIN_TOKENS }: TokenSecrets): OperatorToken[] {
  const named = (ADMIN_TOKENS || undefined)?.split(',').map((text) => text.trim()) ?? []
  const further = named.map((text) => {
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(colon, 0))
    if (!NAME.test(name)) {
      throw new SecretError(
        'ADMIN_TOKENS must be name:token,name:token, names of letters and digits',
      )
    }
    return { name: `${OPERATOR}:${name}`, token: text.slice(colon + 1) }
  })
  const all = [...(ADMIN_TOKEN ? [{ name: OPERATOR, token: ADMIN_TOKEN }] : []), ...further]
  for (const { name, token } of all) {
    if (TOKEN.test(token)) continue
    const which = name === OPERATOR ? 'ADMIN_TOKEN' : `The token ${name} of ADMIN_TOKENS`
    throw new SecretError(
      `${which} must be ${SECRET_LENGTH} or more characters of ASCII, no spaces`,
    )
  }
  refuseTwice(all.map(({ name }) => name))
  refuseTwice(all.map(({ token }) => token))
  return all
}

function refuseTwice(texts: string[]): void {
  if (new Set(texts).size === texts.length) return
  throw new SecretError(
    'ADMIN_TOKENS must have each name once, and each token once, ADMIN_TOKEN included',
  )
}

/**
 * Looks at what opens everything, and at what keys the digests of everything else: neither is a word to guess.
 * @throws SecretError
 */
export function checkSecrets(secrets: TokenSecrets & { API_KEY_PEPPER?: string }): void {
  listOperatorTokens(secrets)
  const { API_KEY_PEPPER: pepper } = secrets
  if (!pepper) throw new SecretError('API_KEY_PEPPER is not set')
  if (pepper.length >= SECRET_LENGTH) return
  throw new SecretError(
    `API_KEY_PEPPER must have ${SECRET_LENGTH} or more characters, such as 32 random bytes in hex`,
  )
}
