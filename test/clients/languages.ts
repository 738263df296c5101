// The clients that others make of the API, and how those of a language are installed, made and started.
import { GENERATE } from '../../src/docs/samples/commands.ts'

/** One client: how it is made of the document, and what its journey prints. */
export type Client = {
  name: string
  /** Its journey, relative to the language's folder. */
  file: string
  /** For a shell, with $URL set; none for one that was published. */
  generate?: string
  /** All that its generator may say; anything else is a warning. */
  says?: RegExp
  /** For a shell, with $URL, $KEY and $HOOK_URL set. */
  start: string
  prints: string[]
}

export type Language = {
  name: string
  /** Commands without which its clients are skipped. */
  needs: string[]
  /** For a shell, in a copy of the folder that is kept until the folder changes. */
  install: string
  clients: Client[]
}

/** What the same journey says in each language; Python's True is a true. */
const JOURNEY = [
  'endpoint enabled whsec_',
  'event call.completed 1',
  'list 1 false',
  'delivery delivered 204',
  'redeliver pending 1',
  'batch accepted 1',
  'batch refused invalid_request created',
  'replay completed 2',
  'rotate true',
  'update disabled disabled_by_customer',
  'refused 409 endpoint_disabled',
  'delete 204',
  'missing 404 not_found',
]

/** Those that take longest come first. */
export const LANGUAGES: Language[] = [
  {
    name: 'go',
    needs: ['go'],
    install: 'go build -o bin/ github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen',
    clients: [
      {
        name: 'oapi-codegen v2.8.2',
        file: 'journey.go',
        generate: `mkdir -p callingbox && ${GENERATE.go}`,
        says: /^$/,
        start: 'go run .',
        prints: JOURNEY,
      },
    ],
  },
  {
    name: 'python',
    needs: ['python3'],
    install:
      'python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check -r requirements.txt',
    clients: [
      {
        name: 'openapi-python-client 0.29.1',
        file: 'journey.py',
        // As in an environment that is activated; a warning is a failure.
        generate: `PATH="$PWD/env/bin:$PATH" ${GENERATE.python} --fail-on-warning`,
        says: /^Generating callingbox_client$/,
        start: 'env/bin/python journey.py',
        prints: JOURNEY,
      },
      {
        name: 'callingbox 0.1.0',
        file: 'sdk.py',
        start: 'env/bin/python sdk.py',
        prints: [
          'endpoint enabled whsec_',
          'event call.completed 1',
          'list 1',
          'delivery delivered 204',
          'verified call.completed true',
          'redeliver pending 1',
          'rotate true',
          'update disabled disabled_by_customer',
          'refused 409 true',
          // Its own fault, which a version of it without it will show here.
          'delete raises JSONDecodeError',
          'missing 404',
        ],
      },
    ],
  },
  {
    name: 'typescript',
    needs: ['npm'],
    install: 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error',
    clients: [
      {
        name: 'openapi-typescript 7.13.0 + openapi-fetch 0.17.0',
        file: 'journey.ts',
        generate: GENERATE.typescript,
        says: /^(?:✨ openapi-typescript [\d.]+|🚀 .* → callingbox\.d\.ts \[[\d.]+m?s\]|)$/,
        start: 'npx tsc && node journey.ts',
        prints: JOURNEY,
      },
    ],
  },
]
