import type { JSX } from 'preact';
import type { Rollout, RolloutSummary } from '../api';
import { rolloutName } from '../format';
import { ROLLOUT_MS, useLive } from '../live';
import { Icon } from '../parts/icon';
import { addressOf, Link } from '../router';
import { rolloutLook } from '../states';
import { approvalThatWaits } from './approvals';

/** Rollouts beside the one that is shown: an emergency, or the month before while it drains. What waits for a person there is said here. */
export function AlsoOpen({ rollouts }: { readonly rollouts: readonly RolloutSummary[] }): JSX.Element | null {
  if (rollouts.length === 0) return null;
  return (
    <ul class="also-open" aria-label="Other rollouts that are open">
      {rollouts.map((rollout) => (
        <Other key={rollout.id} summary={rollout} />
      ))}
    </ul>
  );
}

function Other({ summary }: { readonly summary: RolloutSummary }): JSX.Element {
  const { data } = useLive<Rollout>(`/api/rollouts/${summary.id}`, ROLLOUT_MS);
  const { label, icon, tone } = rolloutLook(data?.state ?? summary.state);
  const asked = data === null ? undefined : approvalThatWaits(data);
  return (
    <li class={tone === 'bad' || asked !== undefined ? 'note' : undefined}>
      <span>Also open:</span>
      <Link to={addressOf('/', { rollout: summary.id })}>{rolloutName(summary)}</Link>
      <span class={`badge ${tone}`}>
        <Icon name={icon} /> {label}
      </span>
      {asked !== undefined && <span>It waits for an approval.</span>}
      {tone === 'bad' && <span>It waits for a decision.</span>}
    </li>
  );
}
