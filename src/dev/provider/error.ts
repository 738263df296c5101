// How a command here ends when it does not work out.

/** Why nothing more was done, in words for the person at the terminal: the message is all that is printed. */
export class CommandError extends Error {}
