// Secrets that a deployment may do without, and that `wrangler types` therefore does not know.
declare namespace Cloudflare {
  interface Env {
    ADMIN_TOKENS?: string
  }
}
