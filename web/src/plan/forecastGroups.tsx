import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count, many, vms } from '../format';
import { Name } from '../parts/name';
import type { Forecasted } from './forecasted';
import { StateBar, sumOf, type StateCounts } from './stateBar';
import { Toggle } from '../parts/toggle';

const SHOWN_MAX = 12;

/** How each value of a column stands, the ones in danger first. */
export function ForecastGroups({ groups }: Pick<Forecasted, 'groups'>): JSX.Element {
  const [all, setAll] = useState(false);
  const sorted = groups
    .filter(({ counts }) => sumOf(counts) > 0)
    .sort((a, b) => dangerOf(b.counts) - dangerOf(a.counts) || (a.name < b.name ? -1 : 1));
  const shown = all ? sorted : sorted.slice(0, SHOWN_MAX);
  if (sorted.length === 0) return <p class="quiet">No VM that takes part has it.</p>;
  return (
    <>
      <ul class="forecast-groups">
        {shown.map(({ name, counts }) => (
          <li key={name}>
            <Name text={name} />
            <StateBar counts={counts} />
            <span class="quiet forecast-count">{inDanger(counts)}</span>
          </li>
        ))}
      </ul>
      {sorted.length > SHOWN_MAX && (
        <Toggle isOpen={all} setIsOpen={setAll}>
          {all ? 'Show fewer' : `Show all ${count(sorted.length)}`}
        </Toggle>
      )}
    </>
  );
}

const dangerOf = (counts: StateCounts): number => (counts['late'] ?? 0) + (counts['atRisk'] ?? 0);

function inDanger(counts: StateCounts): string {
  const parts = [
    ...((counts['late'] ?? 0) > 0 ? [`${count(counts['late'] ?? 0)} late`] : []),
    ...((counts['atRisk'] ?? 0) > 0 ? [`${count(counts['atRisk'] ?? 0)} at risk`] : []),
  ];
  return parts.length === 0 ? vms(sumOf(counts)) : `${parts.join(', ')} of ${many(sumOf(counts), 'VM')}`;
}
