import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FleetTable } from '../api';
import { count, many, vms, words } from '../format';
import { useLive } from '../live';
import type { PageProps } from '../page';
import { Icon } from '../parts/icon';
import { OutcomeBar } from '../parts/outcomeBar';
import { addressOf, go } from '../router';
import { outcomeLook } from '../states';
import { addressParts, FILTERS, queryOf, searchOf, type FleetQuery } from './fleetQuery';
import { FleetTableView } from './fleetTableView';
import { useFleetPages, PAGE_SIZE } from './pages';
import { SaveLink } from './saveLink';
import '../styles/fleet.css';

const GROUPS_MS = 6_000;

/** Every VM of the fleet: found, narrowed, counted, sorted by the host, so that 100,000 are as quick as 100. */
export function FleetPage({ rollout: { id }, place }: PageProps): JSX.Element {
  const query = queryOf(place, id);
  const [inSight, setInSight] = useState({ first: 0, last: 0 });
  const pages = useFleetPages(
    searchOf(query),
    Math.floor(inSight.first / PAGE_SIZE),
    Math.floor(inSight.last / PAGE_SIZE),
  );
  const change = (next: Partial<FleetQuery>): void => {
    go(addressOf('/fleet', addressParts({ ...query, ...next }, place.query.get('rollout'))), 'replace');
  };
  const matched = pages.matchedCount;
  return (
    <>
      <div class="heading">
        <h1>Fleet</h1>
        <p class="quiet" role="status">
          {matched === null
            ? 'Reading the fleet …'
            : matched === pages.vmCount
              ? vms(pages.vmCount)
              : `${count(matched)} of ${vms(pages.vmCount)}`}
        </p>
      </div>
      <section class="card fleet" aria-label="VMs">
        <Toolbar query={query} change={change} />
        {query.groupBy !== '' && <Groups query={query} change={change} />}
        {pages.problem !== null && (
          <p class="problem">
            <Icon name="warning" /> {pages.problem.title} {pages.problem.detail}
          </p>
        )}
        <FleetTableView query={query} pages={pages} change={change} onSight={setInSight} />
      </section>
    </>
  );
}

interface PartProps {
  readonly query: FleetQuery;
  readonly change: (next: Partial<FleetQuery>) => void;
}

function Toolbar({ query, change }: PartProps): JSX.Element {
  const [search, setSearch] = useState(query.search);
  return (
    <div class="toolbar">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          change({ search });
        }}
      >
        <label>
          <span class="visually-hidden">Name, id or image family</span>
          <input
            type="search"
            placeholder="Name, id or image family"
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              if (event.currentTarget.value === '') change({ search: '' });
            }}
          />
        </label>
        <button type="submit">Find</button>
      </form>
      <label>
        Count by{' '}
        <select
          value={query.groupBy}
          onChange={(event) => {
            change({ groupBy: event.currentTarget.value });
          }}
        >
          <option value="">nothing</option>
          {FILTERS.map(({ key, label }) => (
            <option key={key} value={key}>
              {label.toLowerCase()}
            </option>
          ))}
        </select>
      </label>
      <SaveLink path={`/api/fleet/virtual-machines.csv?${searchOf(query)}`} />
      <ActiveFilters query={query} change={change} />
    </div>
  );
}

function ActiveFilters({ query, change }: PartProps): JSX.Element | null {
  const active = Object.entries(query.filters);
  if (active.length === 0) return null;
  return (
    <ul class="filters">
      {active.map(([key, value]) => {
        const label = FILTERS.find((filter) => filter.key === key)?.label ?? key;
        return (
          <li key={key}>
            <button
              type="button"
              class="filter"
              aria-label={`Do not narrow by ${label}`}
              onClick={() => {
                const filters = Object.fromEntries(
                  Object.entries(query.filters).filter(([name]) => name !== key),
                );
                change({ filters });
              }}
            >
              <span class="quiet">{label}:</span> <span class="filter-value">{valueName(key, value)}</span>
              <Icon name="cross" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** How many VMs have each value of a column; a choice narrows the table to it. */
function Groups({ query, change }: PartProps): JSX.Element {
  const { groupBy } = query;
  const path = `/api/fleet/virtual-machines?${searchOf(query, { limit: '1', groupBy })}`;
  const { data } = useLive<FleetTable>(path, GROUPS_MS);
  const label = FILTERS.find(({ key }) => key === groupBy)?.label ?? groupBy;
  if (data === null) return <p class="quiet">Counting …</p>;
  return (
    <div class="group-counts">
      <p class="quiet">
        {many(data.groups.length, 'value')} of {label.toLowerCase()}, the most VMs first
      </p>
      <ul>
        {data.groups.map(({ key, vmCount, outcomes }) => (
          <li key={key}>
            <button
              type="button"
              class="text-button clamp"
              title={key}
              disabled={key === ''}
              onClick={() => {
                change({ filters: { ...query.filters, [groupBy]: key }, groupBy: '' });
              }}
            >
              {key === '' ? 'none' : valueName(groupBy, key)}
            </button>
            <OutcomeBar outcomes={outcomes} vmCount={vmCount} />
            <span class="group-count">{vms(vmCount)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function valueName(key: string, value: string): string {
  if (key === 'state') return outcomeLook(value).label;
  if (key === 'reason') return words(value);
  return key === 'availabilitySet' ? value.slice(value.lastIndexOf('/') + 1) : value;
}
