import type { StateCounts } from './stateBar';

/** What GET /api/forecast answers. */
export interface Forecasted {
  readonly asOfUtc: string;
  readonly targetUtc: string | null;
  readonly deadlineUtc: string | null;
  readonly counts: StateCounts;
  readonly groups: readonly { readonly name: string; readonly counts: StateCounts }[];
  readonly value: readonly { readonly vmId: string; readonly why: string }[];
}
