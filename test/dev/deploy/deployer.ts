// A deployment as `npm run deploy` does it, on an account in memory.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deploy, type Tools, type Wanted } from '../../../src/dev/deploy/deploy.ts'
import { fakeWrangler } from './fake-wrangler.ts'
import { Provider } from './provider.ts'
import { askStandIn } from './stand-in.ts'

/** The Worker's name in production. */
export const WORKER = 'callingbox-webhooks'

const PRODUCTION = { env: '', isDryRun: false, url: undefined } satisfies Wanted

/** An account, and what was said to whoever deployed to it. */
export class Deployer {
  readonly provider = new Provider()
  said: string[] = []

  readonly memory = mkdtempSync(join(tmpdir(), 'unfinished-'))

  /** Deploys, to production unless another is wanted. */
  run(wanted: Partial<Wanted> = {}, tools: Partial<Tools> = {}): Promise<void> {
    const standard = {
      run: fakeWrangler(this.provider),
      fetch: askStandIn(this.provider),
      wait: () => Promise.resolve(),
      say: (line: string) => void this.said.push(line),
      given: {},
      memory: this.memory,
    }
    return deploy({ ...standard, ...tools }, { ...PRODUCTION, ...wanted })
  }

  /** All that was said. */
  get text(): string {
    return this.said.join('\n')
  }

  /** The secrets that a Worker has. */
  secrets(worker = WORKER): Record<string, string> {
    return Object.fromEntries(this.provider.workers.get(worker)?.secrets ?? [])
  }
}
