import type { JSX } from 'preact';
import type { Counts } from '../api';
import { count, percent, vms } from '../format';
import { OUTCOMES } from '../states';
import { Icon } from './icon';

/** The outcomes of so many VMs, with those that have none yet. */
export function withWaiting(outcomes: Counts, vmCount: number): Counts {
  const ended = Object.values(outcomes).reduce((sum, one) => sum + one, 0);
  const waiting = Math.max(0, vmCount - ended);
  return waiting === 0 ? outcomes : { ...outcomes, waiting };
}

interface OutcomeBarProps {
  readonly outcomes: Counts;
  readonly vmCount: number;
  /** A legend with words, shapes and numbers; without it the bar has them as its name. */
  readonly legend?: boolean;
  readonly linkOf?: (key: string) => JSX.Element | null;
}

/** Shares of the VMs by how they stand. */
export function OutcomeBar({ outcomes, vmCount, legend = false, linkOf }: OutcomeBarProps): JSX.Element {
  const all = withWaiting(outcomes, vmCount);
  const shown = OUTCOMES.filter(({ key }) => (all[key] ?? 0) > 0);
  const name = shown.map(({ key, label }) => `${label} ${count(all[key] ?? 0)}`).join(', ');
  return (
    <div class={legend ? 'outcome-bar with-legend' : 'outcome-bar'}>
      <div class="bar" role="img" aria-label={`Of ${vms(vmCount)}: ${name === '' ? 'nothing yet' : name}`}>
        {shown.map(({ key }) => (
          <span key={key} class={`share s-${key}`} style={{ flexGrow: all[key] ?? 0 }} />
        ))}
      </div>
      {legend && (
        <ul class="legend">
          {shown.map(({ key, label, icon, means }) => (
            <li key={key} title={means}>
              <span class={`swatch s-${key}`}>
                <Icon name={icon} />
              </span>
              <span class="legend-label">{linkOf?.(key) ?? label}</span>
              <span class="legend-count">{count(all[key] ?? 0)}</span>
              <span class="legend-share">{percent(all[key] ?? 0, vmCount)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
