import type { RolloutSummary } from './api';
import type { Place } from './router';

/** What every page is given. */
export interface PageProps {
  readonly rollout: RolloutSummary;
  /** All there are, the latest first. */
  readonly rollouts: readonly RolloutSummary[];
  readonly place: Place;
}
