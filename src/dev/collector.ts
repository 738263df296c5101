// How the local runtime collects garbage: always all of it, so that there is never much.

// By itself V8 mostly collects what is young. What each request leaves of the runtime's own objects outlives
// that, each such collection walks all of it, and after some fifteen thousand events a whole one stops the
// isolate for long: 310 to 590 ms on a busy machine, where nearly all are below 90 ms this way. See Age in
// test/bench/README.md.

/** What Miniflare hands on to V8; whoever has set it already keeps his own. */
export const COLLECTOR = { MINIFLARE_WORKERD_V8_FLAGS: '--gc-global --min-semi-space-size=8' }
