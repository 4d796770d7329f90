/**
 * How much of a region runs side by side. The forecast and the orchestrations take these numbers from here, so that what is forecast is what
 * happens. An episode schedules at most 90 children: 24 cohorts beside 60 sets.
 */

/** Availability sets of a stage under way at once; when one ends the next starts. */
export const SETS_AT_ONCE_MAX = 60;

/** Rounds of a batch of standalone VMs under way at once, where shares allow it: 2,400 VMs. */
export const ROUNDS_AT_ONCE_MAX = 30;

/** Window cohorts of a stage's standalone VMs: the last takes what is left. There are 24 hours. */
export const COHORTS_MAX = 24;

/** Subscriptions in a round: each is an entry in its claim, and the ledger's state stays under 16 KB. */
export const ROUND_SUBSCRIPTIONS_MAX = 24;
