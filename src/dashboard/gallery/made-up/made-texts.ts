// Texts that pages have to bear: what people type, and what receivers answer.

/** What would run where it is not taken as text. */
export const HOSTILE =
  '<script>document.title="broken"</script><img src=x onerror=alert(1)>"\'&amp; ${7*7} {{7*7}}'

/** No place to break the line at, as long as an error may be. */
export const UNBROKEN = 'x'.repeat(400)

/** In another direction, over and under its line, without a width, and in two parts that belong together. */
export const FOREIGN = 'مرحبا بالعالم \u202Egnorw\u202C Z̴̢̛a̸͝l̵̛g̶͠o 日本語 \u200B👩‍👩‍👧‍👦 ñandú'

/** As long as an endpoint's URL may be. */
export const LONG_URL = `https://hooks.a-long-name-of-a-customer.example.com/${'path-segment/'.repeat(150)}?token=${'0'.repeat(40)}`

/** An everyday one. */
export const SHORT_URL = 'https://example.com/webhooks'

/** A sentence that is too long for a line. */
export const LONG_NAME =
  'Scheduling assistant of the second floor, for everything that is booked by telephone after six in the evening'

/** An error as the platform words it. */
export const LONG_ERROR =
  'connect ETIMEDOUT 2606:4700:3034:0000:0000:0000:ac43:bc3e:443 - Local (2606:4700:3034::6815:4d31:52814) while the certificate of hooks.a-long-name-of-a-customer.example.com was being verified'
