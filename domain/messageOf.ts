/** The message of whatever was thrown: of an Error its own, of anything else its text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
