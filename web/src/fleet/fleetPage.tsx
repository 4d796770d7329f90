import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FleetTable } from '../api';
import { many, vms, words } from '../format';
import { useLive } from '../live';
import type { PageProps } from '../page';
import { Icon } from '../parts/icon';
import { Name } from '../parts/name';
import { SelectField } from '../parts/selectField';
import { addressOf, go } from '../router';
import { outcomeLook } from '../states';
import { addressParts, FILTERS, queryOf, searchOf, type FleetQuery } from './fleetQuery';
import { FleetTableView } from './fleetTableView';
import { useFleetPages, PAGE_SIZE } from './pages';
import { SaveLink } from './saveLink';
import '../styles/fleet.css';

const GROUPS_MS = 6_000;

/** Every VM of the fleet: found, narrowed, counted, sorted by the host, so that 100,000 are as quick as 100. */
export function FleetPage({ place }: PageProps): JSX.Element {
  const query = queryOf(place);
  const [inSight, setInSight] = useState({ first: 0, last: 0 });
  const pages = useFleetPages(
    searchOf(query),
    Math.floor(inSight.first / PAGE_SIZE),
    Math.floor(inSight.last / PAGE_SIZE),
  );
  const change = (next: Partial<FleetQuery>): void => {
    go(addressOf('/fleet', addressParts({ ...query, ...next })), 'replace');
  };
  return (
    <>
      <div class="heading">
        <h1>Fleet</h1>
        <p class="quiet" role="status">
          {pages.total === null
            ? 'Reading the fleet …'
            : `${vms(pages.total)}${isNarrowed(query) ? ' fit' : ''}`}
        </p>
      </div>
      <section class="card fleet" aria-label="VMs">
        <Toolbar query={query} change={change} total={pages.total} />
        {query.group !== '' && <Groups query={query} change={change} />}
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

function Toolbar({ query, change, total }: PartProps & { readonly total: number | null }): JSX.Element {
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
          <span class="visually-hidden">Name of a VM</span>
          <input
            type="search"
            placeholder="Name of a VM"
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              if (event.currentTarget.value === '') change({ search: '' });
            }}
          />
        </label>
        <button type="submit">Find</button>
      </form>
      <SelectField
        label="Count and narrow by"
        options={[
          ['', 'nothing'],
          ...FILTERS.filter(({ column }) => column !== undefined).map(
            ({ key, label }) => [key, label.toLowerCase()] as const,
          ),
        ]}
        value={query.group}
        set={(group) => {
          change({ group });
        }}
      />
      <SaveLink question={searchOf(query)} total={total} />
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
  const filter = FILTERS.find(({ key }) => key === query.group);
  const path = `/api/fleet?${searchOf(query, { limit: '1', group: filter?.column ?? query.group })}`;
  const { data } = useLive<FleetTable>(path, GROUPS_MS);
  if (data === null) return <p class="quiet">Counting …</p>;
  const groups = data.groups ?? [];
  return (
    <div class="group-counts">
      <p class="quiet">
        {many(groups.length, 'value')} of {filter?.label.toLowerCase() ?? query.group}, the most VMs first
      </p>
      <ul>
        {groups.map(({ name, count: number }) => (
          <li key={name}>
            {name === 'none' && query.group !== 'kind' ? (
              <span>{valueName(query.group, name)}</span>
            ) : (
              <button
                type="button"
                class="text-button"
                onClick={() => {
                  change({ filters: { ...query.filters, [query.group]: name }, group: '' });
                }}
              >
                <Name text={valueName(query.group, name)} />
              </button>
            )}
            <span class="group-bar" aria-hidden="true">
              <span style={{ width: `${(number / data.total) * 100}%` }} />
            </span>
            <span class="group-count">{vms(number)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const isNarrowed = ({ search, filters }: FleetQuery): boolean =>
  search !== '' || Object.keys(filters).length > 0;

function valueName(key: string, value: string): string {
  if (value === 'none') return key === 'kind' || key === 'reason' ? 'No outcome yet' : 'None';
  if (key === 'kind') return outcomeLook(value).label;
  if (key === 'reason') return words(value);
  return key === 'availabilitySet' ? value.slice(value.lastIndexOf('/') + 1) : value;
}
