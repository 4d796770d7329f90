import type { JSX } from 'preact';
import { count } from '../format';
import { Icon, type IconName } from '../parts/icon';

/** How many VMs stand how against the 30 days. */
export type StateCounts = Readonly<Record<string, number>>;

const STATES: readonly {
  readonly key: string;
  readonly label: string;
  readonly icon: IconName;
  readonly look: string;
}[] = [
  { key: 'done', label: 'Done', icon: 'check', look: 'patched' },
  { key: 'onTime', label: 'On time', icon: 'clock', look: 'upToDate' },
  { key: 'atRisk', label: 'At risk', icon: 'warning', look: 'deferred' },
  { key: 'late', label: 'Late', icon: 'cross', look: 'unhealthy' },
  { key: 'excluded', label: 'Excluded', icon: 'skip', look: 'skipped' },
];

/** Shares of the VMs by how they stand; with a legend in words, shapes and numbers. */
export function StateBar({
  counts,
  legend = false,
}: {
  readonly counts: StateCounts;
  readonly legend?: boolean;
}): JSX.Element {
  const shown = STATES.filter(({ key }) => (counts[key] ?? 0) > 0);
  return (
    <div class={legend ? 'forecast-bar' : undefined}>
      <div class="bar" role="img" aria-label={countsInWords(counts)}>
        {shown.map(({ key, look }) => (
          <span key={key} class={`share s-${look}`} style={{ flexGrow: counts[key] ?? 0 }} />
        ))}
      </div>
      {legend && (
        <ul class="legend">
          {shown.map(({ key, label, icon, look }) => (
            <li key={key}>
              <span class={`swatch s-${look}`}>
                <Icon name={icon} />
              </span>
              <span>{label}</span>
              <span class="legend-count">{count(counts[key] ?? 0)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** `Done 12, At risk 3`. */
function countsInWords(counts: StateCounts): string {
  const words = STATES.filter(({ key }) => (counts[key] ?? 0) > 0);
  return words.length === 0
    ? 'No VM'
    : words.map(({ key, label }) => `${label} ${count(counts[key] ?? 0)}`).join(', ');
}

/** Those that take part. */
export function sumOf(counts: StateCounts): number {
  return STATES.reduce((sum, { key }) => sum + (counts[key] ?? 0), 0);
}
