import type { JSX } from 'preact';
import { count, nameOf, readable, vms as inVms } from '../format';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { addressOf, Link } from '../router';
import type { Forecasted } from './forecasted';

const SHOWN_MAX = 50;

interface ForecastVmsProps {
  readonly what: 'late' | 'at risk';
  readonly count: number;
  readonly vms: Forecasted['value'];
}

/** Which VMs are in danger, and why; nothing while none is. */
export function ForecastVms({ what, count: all, vms }: ForecastVmsProps): JSX.Element | null {
  if (all === 0) return null;
  const shown = vms.slice(0, SHOWN_MAX);
  return (
    <details>
      <summary>
        {inVms(all)} {what}, and why
      </summary>
      <ul class="plain">
        {shown.map(({ vmId, why }) => (
          <li key={vmId}>
            <Link to={addressOf('/vm', { id: vmId })}>
              <Name text={nameOf(vmId)} />
            </Link>
            : <LongText text={readable(why)} />
          </li>
        ))}
      </ul>
      {all > shown.length && <p class="quiet">and {count(all - shown.length)} more.</p>}
    </details>
  );
}
