// Runs each recipe as its reader would, and holds it against real webhooks: `npm run recipes [-- NAME…]`.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SECRET } from '../consumer/signed.ts'
import { addOwnPackage, findMissing, install } from './install.ts'
import { LANGUAGES, type Language, type Recipe } from './languages.ts'
import { post, startReceiver, timesHandled, type Receiver } from './receiver.ts'
import { createTally } from './tally.ts'
import { findUnguarded } from './unset.ts'
import { makeWebhooks, type Sent } from './webhooks.ts'
import { workOff } from './width.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url).href)

/** How long a receiver has to print what it has answered, in ms. */
const PRINT_WITHIN_MS = 2000

// Receivers end with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const names = process.argv.slice(2).map((name) => name.toLowerCase())
const languages = LANGUAGES.map(choose).filter(({ recipes }) => recipes.length > 0)
const tally = createTally(languages.map(({ recipes }) => recipes.length))
await workOff(languages, tryLanguage)
tally.finish()

/** The language with those of its recipes that were asked for. */
function choose(language: Language): Language {
  const isAsked = (name: string) => names.some((asked) => name.toLowerCase().includes(asked))
  if (names.length === 0 || names.includes(language.name)) return language
  return { ...language, recipes: language.recipes.filter(({ name }) => isAsked(name)) }
}

async function tryLanguage(language: Language): Promise<void> {
  const { name, needs, recipes } = language
  const missing = await findMissing(needs)
  if (missing.length > 0)
    return tally.skipAll(name, `${missing.join(' and ')} is not installed`, recipes.length)
  const started = performance.now()
  try {
    const folder = await install(join(HERE, name), language.install)
    if (name === 'node') await addOwnPackage(folder)
    tally.begin(name, started)
    for (const recipe of recipes) await tryRecipe(name, recipe, folder)
  } catch (error) {
    tally.failAll(name, error, recipes.length)
  }
}

async function tryRecipe(language: string, recipe: Recipe, folder: string): Promise<void> {
  const started = performance.now()
  const title = `${language}: ${recipe.name} (${recipe.verifiedBy ?? 'its own library'})`
  try {
    const unguarded = await findUnguarded(recipe, folder)
    const receiver = await startReceiver(recipe.start, folder, SECRET)
    try {
      const faults = [...unguarded, ...(await findFaults(receiver))]
      if (faults.length > 0)
        throw new Error([...faults, receiver.printed().slice(-3000)].join('\n'))
    } finally {
      await receiver.stop()
    }
    tally.pass(title, started)
  } catch (error) {
    tally.fail(title, error)
  }
}

/** What the receiver did otherwise than it has to. */
async function findFaults(receiver: Receiver): Promise<string[]> {
  const webhooks = await makeWebhooks()
  const faults: string[] = []
  for (const sent of webhooks) faults.push(...(await send(receiver, sent)))
  const expected = webhooks.filter((one) => one.expected === 'handled')
  const deadline = Date.now() + PRINT_WITHIN_MS
  while (expected.some(({ id }) => timesHandled(receiver, id) === 0) && Date.now() < deadline) {
    await sleep(20)
  }
  for (const { id, name } of webhooks.filter((one) => one.expected !== 'again')) {
    const times = timesHandled(receiver, id)
    const right = expected.some((one) => one.id === id) ? 1 : 0
    if (times !== right) faults.push(`${name}: handled ${times} times, and not ${right}`)
  }
  return faults
}

async function send({ url }: Receiver, sent: Sent): Promise<string[]> {
  const status = await post(url, sent).catch(() => 0)
  const isRight = sent.expected === 'refused' ? status === 400 : status >= 200 && status < 300
  return isRight ? [] : [`${sent.name}: answered ${status}`]
}
