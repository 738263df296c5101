// The internet as the consumer sees it: receivers that answer as scripted.
import type { Answer, Schedule } from '../schedules/schedule.ts'
import type { Restore } from './backend.ts'

/** Where a redirect leads: no delivery's URL, so that following it shows. */
export const REDIRECT_URL = 'https://elsewhere.example/'

/** Seconds that a 429 asks for. */
export const RETRY_AFTER_S = 120

/** The URL of endpoint number `place`, from 1; 0 is the call's own. */
export function urlOf(place: number): string {
  return `https://receiver${place}.example/hooks`
}

/** Where the copies go that step number `place` asks for: no delivery's URL. */
export function elsewhereUrlOf(place: number): string {
  return `${ELSEWHERE}${place}`
}

/** Whether a request carries a copy. */
export function isElsewhere(url: string): boolean {
  return url.startsWith(ELSEWHERE)
}

const ELSEWHERE = 'https://staging.example/'

/** Receivers that each go through their own list of answers; that of copies is the last one. */
export class Receivers {
  #asked = new Map<string, number>()
  readonly #answers: Answer[][]

  constructor({ answers }: Pick<Schedule, 'answers'>) {
    this.#answers = answers
  }

  /** The receiver at this URL gets one more request. */
  answer(url: string): Answer {
    const place = this.#asked.get(url) ?? 0
    this.#asked.set(url, place + 1)
    const number = isElsewhere(url) ? this.#answers.length : Number(/\d+/.exec(url)?.[0] ?? 1)
    const script = this.#answers[(Math.max(number, 1) - 1) % this.#answers.length] ?? ['200']
    return script[Math.min(place, script.length - 1)] ?? '200'
  }

  save(): Restore {
    const asked = new Map(this.#asked)
    return () => {
      this.#asked = new Map(asked)
    }
  }
}

/** An answer with a status as fetch gives it. */
export function toResponse(answer: Answer): Response {
  const status = Number(answer)
  if (status === 429) return new Response(null, { status, headers: RETRY_LATER })
  if (status === 302) return new Response(null, { status, headers: { Location: REDIRECT_URL } })
  return new Response(null, { status })
}

const RETRY_LATER = { 'Retry-After': String(RETRY_AFTER_S) }
