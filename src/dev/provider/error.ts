// How a command here ends when it does not work out.

/** Why nothing more was done, in words for the person at the terminal: the message is all that is printed. */
export class CommandError extends Error {}

/** That there is nobody to ask: no credentials, or no network. */
export class UnreachableError extends CommandError {}

/** @throws UnreachableError where wrangler failed since it knows no account to ask. */
export function refuseStranger(fault: string): void {
  if (!/CLOUDFLARE_API_TOKEN environment variable|not logged in/i.test(fault)) return
  throw new UnreachableError('No credentials: run npx wrangler login, or set CLOUDFLARE_API_TOKEN.')
}
