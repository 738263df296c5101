// A provider's account that exists in memory: databases with real SQL, queues, Workers, and a call that can be cut off.
import { randomUUID } from 'node:crypto'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { dump } from './dump.ts'

/** What D1 takes as one statement, in bytes. */
const LONGEST_BYTES = 100_000

/** A connection that ended: before the call did anything, or after, with its answer lost. */
export class CutError extends Error {}

/** What the API answers when it will not. */
export class ApiFault extends Error {
  readonly code: number
  readonly status: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A cut at the n-th call from now, from 1, or at the first that is called so; after it nobody is reached. */
export type Cut = { at: number | RegExp; when: 'after' | 'before' }

type Version = { id: string; vars: Record<string, string> }
type Deployment = { versionId: string; message: string }

/** A Worker; `secrets` are those it has. */
export type Worker = {
  secrets: Map<string, string>
  versions: Version[]
  deployments: Deployment[]
  schedules: string[]
  hasUrl: boolean
}

/** What is uploaded of a Worker. */
export type Upload = { vars: Record<string, string>; secrets: Record<string, string> }

type Rows = Record<string, SQLOutputValue>[]

/** The account. Each method is one call of the API, and is noted as such. */
export class Provider {
  readonly databases = new Map<string, { uuid: string; sql: DatabaseSync }>()
  readonly queues = new Map<string, { consumers: string[] }>()
  readonly workers = new Map<string, Worker>()
  /** Files on their way into a database, by its id. */
  readonly files = new Map<string, string>()
  /** What was called so far: what reads begins with GET. */
  calls: string[] = []
  #cut: Cut | undefined
  #counted = 0
  #isDown = false

  /** Cuts one of the calls to come and all after it; or none, and the network is back. */
  cut(cut: Cut | undefined): void {
    this.#cut = cut
    this.#counted = 0
    this.#isDown = false
  }

  /** Does what is called; every call of the API goes through here. @throws CutError */
  call<Result>(what: string, act: () => Result): Result {
    if (this.#isDown) throw new CutError(what)
    this.calls.push(what)
    this.#counted += 1
    const cut = this.#isCut(what) ? this.#cut?.when : undefined
    this.#isDown = cut !== undefined
    if (cut === 'before') throw new CutError(what)
    const result = act()
    if (cut === 'after') throw new CutError(what)
    return result
  }

  #isCut(what: string): boolean {
    const at = this.#cut?.at
    return at instanceof RegExp ? at.test(what) : at === this.#counted
  }

  /** The calls that changed something, and since when they are counted: from now. */
  takeWrites(): string[] {
    const writes = this.calls.filter((what) => !what.startsWith('GET '))
    this.calls = []
    return writes
  }

  createDatabase(name: string): string {
    return this.call(`create database ${name}`, () => {
      if (this.databases.has(name)) throw new ApiFault(400, 7502, 'database already exists')
      const uuid = randomUUID()
      this.databases.set(name, { uuid, sql: new DatabaseSync(':memory:') })
      return uuid
    })
  }

  findDatabase(nameOrId: string): { name: string; uuid: string; sql: DatabaseSync } {
    const found = [...this.databases].find(
      ([name, { uuid }]) => name === nameOrId || uuid === nameOrId,
    )
    if (found) return { name: found[0], ...found[1] }
    throw new ApiFault(404, 7404, `The database ${nameOrId} could not be found`)
  }

  /** Several statements are one transaction; the answer has the rows of each that reads. */
  query(nameOrId: string, text: string): Rows[] {
    const { name, sql } = this.findDatabase(nameOrId)
    const statements = splitSql(text)
    const what = `${isReading(text) ? 'GET ' : ''}query ${name}: ${text.slice(0, 40)}`
    return this.call(what, () =>
      inTransaction(sql, () => statements.map((statement) => sql.prepare(statement).all())),
    )
  }

  exportSql(nameOrId: string): string {
    const { name, sql } = this.findDatabase(nameOrId)
    return this.call(`GET export of ${name}`, () => dump(sql))
  }

  /** All of a file, or nothing; none of its statements may be longer than D1 takes. */
  importSql(nameOrId: string, text: string): void {
    const { name, sql } = this.findDatabase(nameOrId)
    this.call(`import into ${name}`, () => {
      const isTooLong = text.split(';\n').some((one) => Buffer.byteLength(one) > LONGEST_BYTES)
      if (isTooLong) throw new ApiFault(400, 7500, 'statement too long: SQLITE_TOOBIG')
      inTransaction(sql, () => sql.exec(text))
    })
  }

  createQueue(name: string): void {
    this.call(`create queue ${name}`, () => {
      if (this.queues.has(name)) throw new ApiFault(400, 11009, 'queue name is taken')
      this.queues.set(name, { consumers: [] })
    })
  }

  addConsumer(queue: string, worker: string): void {
    this.call(`consume ${queue}`, () => {
      const consumers = this.queues.get(queue)?.consumers ?? []
      if (!consumers.includes(worker)) consumers.push(worker)
    })
  }

  removeConsumer(queue: string, worker: string): void {
    this.call(`consume no more ${queue}`, () => {
      const found = this.queues.get(queue)
      if (found) found.consumers = found.consumers.filter((name) => name !== worker)
    })
  }

  deleteQueue(name: string): void {
    this.call(`delete queue ${name}`, () => {
      if ((this.queues.get(name)?.consumers ?? []).length > 0) {
        throw new ApiFault(400, 11005, 'queue has consumers')
      }
      this.queues.delete(name)
    })
  }

  deleteDatabase(nameOrId: string): void {
    const { name } = this.findDatabase(nameOrId)
    this.call(`delete database ${name}`, () => this.databases.delete(name))
  }

  /** A new Worker goes live with its first upload. */
  putWorker(name: string, upload: Upload): Version {
    return this.call(`put worker ${name}`, () => {
      const worker: Worker = {
        secrets: new Map(),
        versions: [],
        deployments: [],
        schedules: [],
        hasUrl: false,
      }
      this.workers.set(name, worker)
      const version = addVersion(worker, upload)
      worker.deployments.push({ versionId: version.id, message: '' })
      return version
    })
  }

  addVersion(name: string, upload: Upload): Version {
    return this.call(`upload version of ${name}`, () => addVersion(this.worker(name), upload))
  }

  deployVersion(name: string, versionId: string, message: string): void {
    this.call(`deploy version of ${name}`, () => {
      this.worker(name).deployments.push({ versionId, message })
    })
  }

  schedule(name: string, schedules: string[]): void {
    this.call(`schedule ${name}`, () => Object.assign(this.worker(name), { schedules }))
  }

  enableUrl(name: string): void {
    this.call(`enable URL of ${name}`, () => Object.assign(this.worker(name), { hasUrl: true }))
  }

  deleteWorker(name: string): void {
    this.call(`delete worker ${name}`, () => {
      const isConsumer = [...this.queues.values()].some(({ consumers }) => consumers.includes(name))
      if (isConsumer)
        throw new ApiFault(400, 10064, 'script still in use as a consumer for a queue')
      this.workers.delete(name)
    })
  }

  worker(name: string): Worker {
    const found = this.workers.get(name)
    if (found) return found
    throw new ApiFault(404, 10007, 'This Worker does not exist on your account.')
  }

  /** All that lasts, to be compared. */
  state() {
    const databases = [...this.databases].map(([name, { sql }]) => [name, contentOf(sql)])
    const workers = [...this.workers].map(([name, worker]) => [name, describeWorker(worker)])
    return {
      databases: Object.fromEntries(databases),
      queues: Object.fromEntries(this.queues),
      workers: Object.fromEntries(workers),
    }
  }
}

function inTransaction<Result>(sql: DatabaseSync, act: () => Result): Result {
  sql.exec('BEGIN')
  try {
    const result = act()
    sql.exec('COMMIT')
    return result
  } catch (error) {
    sql.exec('ROLLBACK')
    throw new ApiFault(400, 7500, `${String(error)}: SQLITE_ERROR`)
  }
}

function addVersion(worker: Worker, { vars, secrets }: Upload): Version {
  const version = { id: randomUUID(), vars }
  worker.versions.push(version)
  for (const [name, value] of Object.entries(secrets)) worker.secrets.set(name, value)
  return version
}

function describeWorker({ secrets, versions, deployments, schedules, hasUrl }: Worker) {
  const last = deployments.at(-1)
  const vars = versions.find(({ id }) => id === last?.versionId)?.vars
  return { secrets: [...secrets.keys()].toSorted(), schedules, hasUrl, vars, mark: last?.message }
}

const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`

function contentOf(sql: DatabaseSync): string[] {
  const names = sql.prepare(TABLES).all()
  return names.map(({ name }) => {
    const row = sql.prepare(`SELECT count(*) AS n FROM "${String(name)}"`).get()
    return `${String(name)}: ${String(row?.['n'])}`
  })
}

function isReading(text: string): boolean {
  return /^\s*(?:SELECT|PRAGMA)/i.test(text)
}

/** At semicolons that end a line or the text: those that the migrations have between their statements. */
function splitSql(text: string): string[] {
  const bare = text.replaceAll(/^\s*--.*$/gm, '')
  return bare.split(/;(?=\s*(?:\n|$)|\s*SELECT)/).flatMap((one) => one.trim() || [])
}
