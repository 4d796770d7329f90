/** The message of whatever was thrown: of an Error its own, of anything else its text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The same with where it was thrown, for a log. */
export const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
