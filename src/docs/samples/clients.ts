// The same journey by a client of each kind that is made of the document: the files that CI runs.
import goSettings from '../../../test/clients/go/oapi-codegen.yaml?raw'
import go from '../../../test/clients/go/journey.go?raw'
import python from '../../../test/clients/python/journey.py?raw'
import typescript from '../../../test/clients/typescript/journey.ts?raw'
import { GENERATE, INSTALL } from './commands.ts'

/** How a client is made, and a journey by it. */
export type Journey = {
  language: string
  /** What makes it. */
  generator: string
  install: string
  generate: string
  /** What the generator has to be told. */
  settings?: { file: string; text: string }
  start: string
  file: string
  text: string
}

/** One for each language. */
export const JOURNEYS: Journey[] = [
  {
    language: 'TypeScript',
    generator: 'openapi-typescript and openapi-fetch',
    install: INSTALL.typescript,
    generate: GENERATE.typescript,
    start: 'node journey.ts',
    file: 'journey.ts',
    text: typescript,
  },
  {
    language: 'Python',
    generator: 'openapi-python-client',
    install: INSTALL.python,
    generate: GENERATE.python,
    start: 'python journey.py',
    file: 'journey.py',
    text: python,
  },
  {
    language: 'Go',
    generator: 'oapi-codegen',
    install: INSTALL.go,
    generate: GENERATE.go,
    settings: { file: 'oapi-codegen.yaml', text: goSettings },
    start: 'go run .',
    file: 'journey.go',
    text: go,
  },
]
