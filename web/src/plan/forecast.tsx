import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { time } from '../format';
import { useLive } from '../live';
import { SelectField } from '../parts/selectField';
import { ForecastGroups } from './forecastGroups';
import { ForecastVms } from './forecastVms';
import type { Forecasted } from './forecasted';
import { StateBar } from './stateBar';

const EVERY_MS = 8_000;

const BY: readonly (readonly [key: string, label: string])[] = [
  ['region', 'region'],
  ['subscription', 'subscription'],
  ['family', 'image family'],
  ['tag', 'tag'],
];

/** Every VM against the 30 days: how many are done, on time, at risk, late, by what a person chooses; and of those at risk or late why. */
export function Forecast(): JSX.Element {
  const [by, setBy] = useState('region');
  const [tag, setTag] = useState('');
  const question = by !== 'tag' ? by : tag.trim() === '' ? null : `tag:${tag.trim()}`;
  const { data, problem } = useForecast(question ?? 'region', 'atRisk');
  const { data: late } = useForecast('region', (data?.counts['late'] ?? 0) > 0 ? 'late' : null);
  return (
    <section class="card" aria-labelledby="forecast">
      <h2 id="forecast">The 30 days</h2>
      {data === null ? (
        <p class="quiet">{problem === null ? 'Reading …' : `${problem.title} ${problem.detail}`}</p>
      ) : (
        <>
          <Clock data={data} />
          <StateBar counts={data.counts} legend />
          <ForecastVms what="late" count={data.counts['late'] ?? 0} vms={late?.value ?? []} />
          <ForecastVms what="at risk" count={data.counts['atRisk'] ?? 0} vms={data.value} />
        </>
      )}
      <div class="toolbar forecast-by">
        <SelectField label="By" options={BY} value={by} set={setBy} />
        {by === 'tag' && (
          <label>
            Name of the tag{' '}
            <input
              type="text"
              value={tag}
              onInput={(event) => {
                setTag(event.currentTarget.value);
              }}
            />
          </label>
        )}
      </div>
      {question === null ? (
        <p class="quiet">Say which tag: its values are counted.</p>
      ) : (
        data !== null && <ForecastGroups groups={data.groups} />
      )}
    </section>
  );
}

/** `state` null asks for nothing. */
function useForecast(by: string, state: 'atRisk' | 'late' | null): ReturnType<typeof useLive<Forecasted>> {
  const query = state === null ? null : new URLSearchParams({ by, state }).toString();
  return useLive<Forecasted>(query === null ? null : `/api/forecast?${query}`, EVERY_MS);
}

function Clock({ data: { deadlineUtc, targetUtc } }: { readonly data: Forecasted }): JSX.Element | null {
  if (deadlineUtc === null) return null;
  return (
    <p class="quiet">
      Each VM is to be done by {time(deadlineUtc)}
      {targetUtc === null ? '' : `, better by ${time(targetUtc)}`}.
    </p>
  );
}
