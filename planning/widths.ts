/**
 * How much of a region runs side by side. The forecast and the orchestrations take these numbers from here, so that what is forecast is what
 * happens.
 */

/** An episode schedules at most so many children: a stage has one for each window cohort, and one for each set that is under way. */
const CHILDREN_MAX = 90;

/** A ledger has room for the claims of so many sets beside 30 rounds of standalone VMs. */
export const SETS_AT_ONCE_MAX = 80;

/** Availability sets of a stage under way at once, beside so many cohorts; when one ends the next starts. */
export const setsAtOnce = (cohorts: number): number => Math.min(SETS_AT_ONCE_MAX, CHILDREN_MAX - cohorts);

/** Rounds of a batch of standalone VMs under way at once, where shares allow it: 2,400 VMs. */
export const ROUNDS_AT_ONCE_MAX = 30;

/** Window cohorts of a stage's standalone VMs: the last takes what is left. There are 24 hours. */
export const COHORTS_MAX = 24;

/** Subscriptions in a round: each is an entry in its claim, and the ledger's state stays under 16 KB. */
export const ROUND_SUBSCRIPTIONS_MAX = 24;
