import type { JSX } from 'preact';
import type { Rollout, RolloutSummary } from '../api';
import { rolloutName } from '../format';
import { ROLLOUT_MS, useLive } from '../live';
import { approvalThatWaits } from '../now/approvals';
import { addressOf, Link } from '../router';
import { Icon } from './icon';

interface WaitingProps {
  readonly rollouts: readonly RolloutSummary[];
  /** There the halt itself is seen: this one is only read aloud. */
  readonly isOnNow: boolean;
}

/** What waits for a person in the rollouts that are open: seen on every page, and read aloud when it comes. */
export function Waiting({ rollouts, isOnNow }: WaitingProps): JSX.Element {
  return (
    <div class={isOnNow ? 'visually-hidden' : 'waiting-bars'}>
      {rollouts
        .filter(({ endedUtc }) => endedUtc === null)
        .map((rollout) => (
          <OfRollout key={rollout.id} summary={rollout} isOnNow={isOnNow} />
        ))}
    </div>
  );
}

interface OfRolloutProps {
  readonly summary: RolloutSummary;
  readonly isOnNow: boolean;
}

function OfRollout({ summary, isOnNow }: OfRolloutProps): JSX.Element {
  const { data } = useLive<Rollout>(`/api/rollouts/${summary.id}`, ROLLOUT_MS);
  const isHalted = data !== null && isOpen(data) && data.halts.some(({ decision }) => decision === null);
  const asked = data === null ? undefined : approvalThatWaits(data);
  // Out of sight it would be a stop of the Tab key that is not seen.
  const link = !isOnNow && (
    <Link to={addressOf('/', { rollout: summary.id })}>
      Decide<span class="visually-hidden"> on {rolloutName(summary)}</span>
    </Link>
  );
  return (
    <>
      <div role="alert">
        {isHalted && (
          <p class="waiting-bar bad-bar">
            <Icon name="warning" />
            <span>
              <strong>{rolloutName(summary)} is halted</strong>, in whole or in part, and waits for a
              decision. {link}
            </span>
          </p>
        )}
      </div>
      <div role="status">
        {asked !== undefined && (
          <p class="waiting-bar">
            <Icon name="pause" />
            <span>
              <strong>{rolloutName(summary)} waits for an approval.</strong> {link}
            </span>
          </p>
        )}
      </div>
    </>
  );
}

const isOpen = ({ endedUtc, state }: Rollout): boolean => endedUtc === null && state !== 'cancelling';
