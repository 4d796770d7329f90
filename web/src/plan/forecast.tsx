import type { JSX } from 'preact';
import { count, nameOf, readable, time, vms } from '../format';
import { useLive } from '../live';
import { Icon, type IconName } from '../parts/icon';
import { LongText } from '../parts/longText';
import { addressOf, Link } from '../router';

const EVERY_MS = 8_000;

type StateCounts = Readonly<Record<string, number>>;

interface Forecasted {
  readonly rolloutId: string | null;
  readonly targetUtc: string | null;
  readonly deadlineUtc: string | null;
  readonly counts: StateCounts;
  readonly groups: readonly { readonly name: string; readonly counts: StateCounts }[];
  readonly value: readonly {
    readonly vmId: string;
    readonly why: string;
    readonly expectedUtc: string | null;
  }[];
}

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

/** Every VM against the 30 days: who is done, on time, at risk, late, and why. */
export function Forecast(): JSX.Element {
  const { data, problem } = useLive<Forecasted>('/api/forecast?by=region&state=atRisk', EVERY_MS);
  return (
    <section class="card" aria-labelledby="forecast">
      <h2 id="forecast">The 30 days</h2>
      {data === null ? (
        <p class="quiet">{problem === null ? 'Reading …' : `${problem.title} ${problem.detail}`}</p>
      ) : (
        <>
          {data.deadlineUtc !== null && (
            <p class="quiet">
              Each VM is to be done by {time(data.deadlineUtc)}
              {data.targetUtc === null ? '' : `, better by ${time(data.targetUtc)}`}.
            </p>
          )}
          <StateBar counts={data.counts} legend />
          {(data.counts['atRisk'] ?? 0) > 0 && (
            <details>
              <summary>{vms(data.counts['atRisk'] ?? 0)} at risk, and why</summary>
              <ul class="plain">
                {data.value.slice(0, 50).map(({ vmId, why }) => (
                  <li key={vmId}>
                    <Link to={addressOf('/vm', { id: vmId })} class="value">
                      {nameOf(vmId).slice(0, 100)}
                    </Link>
                    : <LongText text={readable(why)} />
                  </li>
                ))}
              </ul>
            </details>
          )}
          <details>
            <summary>By region</summary>
            <ul class="forecast-groups">
              {data.groups.map(({ name, counts }) => (
                <li key={name}>
                  <span class="value">{name}</span>
                  <StateBar counts={counts} />
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </section>
  );
}

function StateBar({
  counts,
  legend = false,
}: {
  readonly counts: StateCounts;
  readonly legend?: boolean;
}): JSX.Element {
  const shown = STATES.filter(({ key }) => (counts[key] ?? 0) > 0);
  const name = shown.map(({ key, label }) => `${label} ${count(counts[key] ?? 0)}`).join(', ');
  return (
    <div class={legend ? 'forecast-bar' : undefined}>
      <div class="bar" role="img" aria-label={name === '' ? 'No VM' : name}>
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
