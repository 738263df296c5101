// The receivers, one for each framework, and how those of a language are installed and started.

/** One receiver: its text, by which of its two signatures it verifies, and with what. */
export type Recipe = {
  name: string
  /** Relative to the language's folder. */
  file: string
  family: 'standard' | 'callingbox' | 'either'
  /** The package that verifies, with its version; none where the language's own library does. */
  verifiedBy?: string
  /** For a shell, with $PORT and $WEBHOOK_SECRET set. */
  start: string
  /** A server loads it when a request comes: without a secret it answers 500 to each, and does not end. */
  isHosted?: true
}

export type Language = {
  name: string
  /** Commands without which its recipes are skipped. */
  needs: string[]
  /** For a shell, in a copy of the folder that is kept until the folder changes. */
  install: string
  recipes: Recipe[]
}

const standardJs = { family: 'standard', verifiedBy: 'standardwebhooks 1.1.1' } as const
const standardPython = { family: 'standard', verifiedBy: 'standardwebhooks 1.1.0' } as const

/** Those that take longest come first. */
export const LANGUAGES: Language[] = [
  {
    name: 'rust',
    needs: ['cargo'],
    install: 'cargo build --quiet',
    recipes: [
      {
        name: 'axum',
        file: 'src/bin/standard.rs',
        family: 'standard',
        verifiedBy: 'standardwebhooks 1.0.1',
        start: 'exec target/debug/standard',
      },
      {
        name: 'axum, by hand',
        file: 'src/bin/callingbox.rs',
        family: 'callingbox',
        verifiedBy: 'hmac 0.12.1',
        start: 'exec target/debug/callingbox',
      },
    ],
  },
  {
    name: 'node',
    needs: ['npm'],
    install: 'npm ci --ignore-scripts --no-audit --no-fund --loglevel=error',
    recipes: [
      {
        name: 'Next',
        file: 'app/webhooks/route.js',
        ...standardJs,
        start: 'exec npx next dev -p $PORT',
        isHosted: true,
      },
      { name: 'Express', file: 'express.js', ...standardJs, start: 'exec node express.js' },
      { name: 'Fastify', file: 'fastify.js', ...standardJs, start: 'exec node fastify.js' },
      {
        name: 'Express, as Stripe',
        file: 'express-stripe.js',
        family: 'callingbox',
        verifiedBy: 'stripe 23.1.0',
        start: 'exec node express-stripe.js',
      },
      {
        name: 'Hono',
        file: 'hono.js',
        family: 'either',
        verifiedBy: 'callingbox-webhooks/consumer',
        start: 'exec node hono.js',
      },
    ],
  },
  {
    name: 'java',
    needs: ['java', 'mvn'],
    install: 'mvn -q -B compile',
    recipes: [
      {
        name: 'JDK',
        file: 'src/main/java/Standard.java',
        family: 'standard',
        verifiedBy: 'com.standardwebhooks:standardwebhooks 1.1.0',
        start: "exec java -cp 'target/classes:target/dependency/*' Standard",
      },
      {
        name: 'JDK, as Stripe',
        file: 'src/main/java/Stripe.java',
        family: 'callingbox',
        verifiedBy: 'com.stripe:stripe-java 33.3.0',
        start: "exec java -cp 'target/classes:target/dependency/*' Stripe",
      },
    ],
  },
  {
    name: 'python',
    needs: ['python3'],
    install:
      'python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check -r requirements.txt',
    recipes: [
      {
        name: 'Flask',
        file: 'flask_app.py',
        ...standardPython,
        start: 'exec env/bin/python -u flask_app.py',
      },
      {
        name: 'FastAPI',
        file: 'fastapi_app.py',
        ...standardPython,
        start: 'exec env/bin/python -u fastapi_app.py',
      },
      {
        name: 'Django',
        file: 'django_app.py',
        ...standardPython,
        start: 'exec env/bin/python -u django_app.py',
      },
      {
        name: 'Flask, as Stripe',
        file: 'flask_stripe.py',
        family: 'callingbox',
        verifiedBy: 'stripe 16.1.0',
        start: 'exec env/bin/python -u flask_stripe.py',
      },
    ],
  },
  {
    name: 'go',
    needs: ['go'],
    install: 'go build -o bin/ ./... && go test -vet=off ./...',
    recipes: [
      {
        name: 'net/http',
        file: 'standard/main.go',
        family: 'standard',
        verifiedBy: 'standard-webhooks/libraries v0.0.1',
        start: 'exec bin/standard',
      },
      {
        name: 'net/http, as Stripe',
        file: 'stripe/main.go',
        family: 'callingbox',
        verifiedBy: 'stripe-go v85.0.0',
        start: 'exec bin/stripe',
      },
    ],
  },
  {
    name: 'ruby',
    needs: ['ruby', 'puma'],
    install: 'true',
    recipes: [
      {
        name: 'Rack',
        file: 'standard.ru',
        family: 'standard',
        start: 'exec puma -q -b tcp://localhost:$PORT standard.ru',
      },
      {
        name: 'Rack, as Stripe',
        file: 'callingbox.ru',
        family: 'callingbox',
        start: 'exec puma -q -b tcp://localhost:$PORT callingbox.ru',
      },
    ],
  },
  {
    name: 'php',
    needs: ['php'],
    install: 'true',
    recipes: [
      {
        name: 'PHP',
        file: 'standard.php',
        family: 'standard',
        start: 'exec php -S localhost:$PORT standard.php',
        isHosted: true,
      },
      {
        name: 'PHP, as Stripe',
        file: 'callingbox.php',
        family: 'callingbox',
        start: 'exec php -S localhost:$PORT callingbox.php',
        isHosted: true,
      },
    ],
  },
]
