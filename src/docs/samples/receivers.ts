// A receiver for each framework, whole: the files that CI starts and holds against webhooks, good and bad.
import nodeExpress from '../../../test/recipes/node/express.js?raw'
import nodeFastify from '../../../test/recipes/node/fastify.js?raw'
import nodeNext from '../../../test/recipes/node/app/webhooks/route.js?raw'
import nodeHono from '../../../test/recipes/node/hono.js?raw'
import nodeExpressStripe from '../../../test/recipes/node/express-stripe.js?raw'
import pythonFlask from '../../../test/recipes/python/flask_app.py?raw'
import pythonFastapi from '../../../test/recipes/python/fastapi_app.py?raw'
import pythonDjango from '../../../test/recipes/python/django_app.py?raw'
import pythonFlaskStripe from '../../../test/recipes/python/flask_stripe.py?raw'
import goStandard from '../../../test/recipes/go/standard/main.go?raw'
import goStripe from '../../../test/recipes/go/stripe/main.go?raw'
import rustStandard from '../../../test/recipes/rust/src/bin/standard.rs?raw'
import rustCallingbox from '../../../test/recipes/rust/src/bin/callingbox.rs?raw'
import javaStandard from '../../../test/recipes/java/src/main/java/Standard.java?raw'
import javaStripe from '../../../test/recipes/java/src/main/java/Stripe.java?raw'
import rubyStandard from '../../../test/recipes/ruby/standard.ru?raw'
import rubyCallingbox from '../../../test/recipes/ruby/callingbox.ru?raw'
import phpStandard from '../../../test/recipes/php/standard.php?raw'
import phpCallingbox from '../../../test/recipes/php/callingbox.php?raw'

/** One receiver, and by what it verifies which of the two signatures. */
export type Receiver = {
  language: string
  framework: string
  file: string
  /** The package that verifies, with its version; none where the language’s own library does. */
  verifiedBy?: string
  /** Which signature: see `/docs/signatures`. */
  family: 'standard' | 'callingbox' | 'either'
  text: string
}

/** By language; of each, the one to begin with comes first. */
export const RECEIVERS: Receiver[] = [
  {
    language: 'Node',
    framework: 'Express',
    file: 'express.js',
    verifiedBy: 'standardwebhooks 1.1.1',
    family: 'standard',
    text: nodeExpress,
  },
  {
    language: 'Node',
    framework: 'Fastify',
    file: 'fastify.js',
    verifiedBy: 'standardwebhooks 1.1.1',
    family: 'standard',
    text: nodeFastify,
  },
  {
    language: 'Node',
    framework: 'Next',
    file: 'app/webhooks/route.js',
    verifiedBy: 'standardwebhooks 1.1.1',
    family: 'standard',
    text: nodeNext,
  },
  {
    language: 'Node',
    framework: 'Hono',
    file: 'hono.js',
    verifiedBy: 'callingbox-webhooks/consumer',
    family: 'either',
    text: nodeHono,
  },
  {
    language: 'Node',
    framework: 'Express, as Stripe',
    file: 'express-stripe.js',
    verifiedBy: 'stripe 23.1.0',
    family: 'callingbox',
    text: nodeExpressStripe,
  },
  {
    language: 'Python',
    framework: 'Flask',
    file: 'flask_app.py',
    verifiedBy: 'standardwebhooks 1.1.0',
    family: 'standard',
    text: pythonFlask,
  },
  {
    language: 'Python',
    framework: 'FastAPI',
    file: 'fastapi_app.py',
    verifiedBy: 'standardwebhooks 1.1.0',
    family: 'standard',
    text: pythonFastapi,
  },
  {
    language: 'Python',
    framework: 'Django',
    file: 'django_app.py',
    verifiedBy: 'standardwebhooks 1.1.0',
    family: 'standard',
    text: pythonDjango,
  },
  {
    language: 'Python',
    framework: 'Flask, as Stripe',
    file: 'flask_stripe.py',
    verifiedBy: 'stripe 16.1.0',
    family: 'callingbox',
    text: pythonFlaskStripe,
  },
  {
    language: 'Go',
    framework: 'net/http',
    file: 'standard/main.go',
    verifiedBy: 'standard-webhooks/libraries v0.0.1',
    family: 'standard',
    text: goStandard,
  },
  {
    language: 'Go',
    framework: 'net/http, as Stripe',
    file: 'stripe/main.go',
    verifiedBy: 'stripe-go v85.0.0',
    family: 'callingbox',
    text: goStripe,
  },
  {
    language: 'Rust',
    framework: 'axum',
    file: 'src/bin/standard.rs',
    verifiedBy: 'standardwebhooks 1.0.1',
    family: 'standard',
    text: rustStandard,
  },
  {
    language: 'Rust',
    framework: 'axum, by hand',
    file: 'src/bin/callingbox.rs',
    verifiedBy: 'hmac 0.12.1',
    family: 'callingbox',
    text: rustCallingbox,
  },
  {
    language: 'Java',
    framework: 'JDK',
    file: 'src/main/java/Standard.java',
    verifiedBy: 'com.standardwebhooks:standardwebhooks 1.1.0',
    family: 'standard',
    text: javaStandard,
  },
  {
    language: 'Java',
    framework: 'JDK, as Stripe',
    file: 'src/main/java/Stripe.java',
    verifiedBy: 'com.stripe:stripe-java 33.3.0',
    family: 'callingbox',
    text: javaStripe,
  },
  {
    language: 'Ruby',
    framework: 'Rack',
    file: 'standard.ru',
    family: 'standard',
    text: rubyStandard,
  },
  {
    language: 'Ruby',
    framework: 'Rack, as Stripe',
    file: 'callingbox.ru',
    family: 'callingbox',
    text: rubyCallingbox,
  },
  {
    language: 'PHP',
    framework: 'PHP',
    file: 'standard.php',
    family: 'standard',
    text: phpStandard,
  },
  {
    language: 'PHP',
    framework: 'PHP, as Stripe',
    file: 'callingbox.php',
    family: 'callingbox',
    text: phpCallingbox,
  },
]
