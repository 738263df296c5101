// How a command ends: a status for each kind of failure, so that scripts can tell them apart.

/** The statuses that the process ends with. */
export const EXIT = {
  failed: 1,
  usage: 2,
  unauthorized: 3,
  notFound: 4,
  refused: 5,
  unavailable: 6,
} as const

/** A failure as a person is told it. */
export class CommandError extends Error {
  readonly kind: keyof typeof EXIT
  readonly status: number
  /** After so long it may go well, in ms, where the service says so. */
  readonly waitMs: number | undefined

  constructor(kind: keyof typeof EXIT, message: string, waitMs?: number) {
    super(message)
    this.name = 'CommandError'
    this.kind = kind
    this.status = EXIT[kind]
    this.waitMs = waitMs
  }

  /** Whether it may be over when it is tried again. */
  get isPassing(): boolean {
    return this.kind === 'unavailable'
  }
}
