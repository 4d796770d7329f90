/** A bug, planted by replacing text of a source file; and which tests should notice. */
export interface Mutant {
  /** What is wrong with it, in a few words; its name. */
  readonly bug: string;
  readonly file: string;
  /** Each text must be in the file exactly once, so that a mutant does not quietly go out of date. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
  /** Test files that should fail, the quickest first. */
  readonly tests: readonly string[];
  /** A simulated month in which the auditor should find it: a scenario under fleets/scenarios. */
  readonly month?: string;
}

/** One edit, found by tests. */
export const planted = (
  bug: string,
  file: string,
  [find, replace]: readonly [string, string],
  ...tests: readonly string[]
): Mutant => ({ bug, file, edits: [[find, replace]], tests });
