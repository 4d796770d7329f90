import type { RolloutSummary } from './api';
import type { Place } from './router';

/** What every page is given. */
export interface PageProps {
  readonly rollout: RolloutSummary;
  readonly place: Place;
}
