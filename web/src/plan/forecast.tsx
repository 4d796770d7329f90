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

/** Every VM against the 30 days, now or as of a day: how many are done, on time, at risk, late, by what a person chooses; and of those at risk or late why. */
export function Forecast(): JSX.Element {
  const [by, setBy] = useState('region');
  const [tag, setTag] = useState('');
  const [day, setDay] = useState('');
  const asOf = endOf(day);
  const question = by !== 'tag' ? by : tag.trim() === '' ? null : `tag:${tag.trim()}`;
  const { data, problem } = useForecast('region', asOf, 'atRisk');
  const { data: late } = useForecast('region', asOf, (data?.counts['late'] ?? 0) > 0 ? 'late' : null);
  const { data: grouped } = useForecast(question, asOf, 'atRisk');
  return (
    <section class="card" aria-labelledby="forecast">
      <h2 id="forecast">The 30 days</h2>
      {data === null ? (
        <p class="quiet">{problem === null ? 'Reading …' : `${problem.title} ${problem.detail}`}</p>
      ) : (
        <>
          <Clock data={data} isAsked={asOf !== null} />
          <StateBar counts={data.counts} legend />
          <ForecastVms what="late" count={data.counts['late'] ?? 0} vms={late?.value ?? []} />
          <ForecastVms what="at risk" count={data.counts['atRisk'] ?? 0} vms={data.value} />
        </>
      )}
      <div class="toolbar forecast-by">
        <AsOf day={day} set={setDay} />
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
        grouped !== null && <ForecastGroups groups={grouped.groups} />
      )}
    </section>
  );
}

const DAY_MS = 86_400_000;

/** Midnight after a day that was chosen; null without one: now. */
function endOf(day: string): string | null {
  const ms = Date.parse(day);
  return Number.isNaN(ms) ? null : new Date(ms + DAY_MS).toISOString();
}

interface AsOfProps {
  readonly day: string;
  readonly set: (day: string) => void;
}

function AsOf({ day, set }: AsOfProps): JSX.Element {
  return (
    <>
      <label>
        As of the end of (UTC){' '}
        <input
          type="date"
          value={day}
          onInput={(event) => {
            set(event.currentTarget.value);
          }}
        />
      </label>
      {day !== '' && (
        <button
          type="button"
          class="text-button"
          onClick={() => {
            set('');
          }}
        >
          As of now
        </button>
      )}
    </>
  );
}

/** `state` or `by` null asks for nothing. */
function useForecast(
  by: string | null,
  asOf: string | null,
  state: 'atRisk' | 'late' | null,
): ReturnType<typeof useLive<Forecasted>> {
  return useLive<Forecasted>(by === null || state === null ? null : pathOf(by, asOf, state), EVERY_MS);
}

function pathOf(by: string, asOf: string | null, state: string): string {
  const query = new URLSearchParams({ by, state });
  if (asOf !== null) query.set('asOf', asOf);
  return `/api/forecast?${query.toString()}`;
}

interface ClockProps {
  readonly data: Forecasted;
  /** Whether a person asked for another time than now. */
  readonly isAsked: boolean;
}

function Clock({ data: { asOfUtc, deadlineUtc, targetUtc }, isAsked }: ClockProps): JSX.Element | null {
  if (deadlineUtc === null) return null;
  return (
    <>
      {isAsked && (
        <p>
          As of {time(asOfUtc)}: what happened later does not count, what is expected by then counts as done.
        </p>
      )}
      <p class="quiet">
        Each VM is to be done by {time(deadlineUtc)}
        {targetUtc === null ? '' : `, better by ${time(targetUtc)}`}.
      </p>
    </>
  );
}
