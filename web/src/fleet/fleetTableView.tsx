import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { FleetRow } from '../api';
import { phaseName, shortTime, words } from '../format';
import { Icon } from '../parts/icon';
import { NameOnOneLine } from '../parts/name';
import { addressOf, Link } from '../router';
import { outcomeLook } from '../states';
import type { FleetQuery } from './fleetQuery';
import type { FleetPages } from './pages';
import { useVirtualRows } from './virtualRows';

interface Column {
  readonly key: string;
  readonly label: string;
  readonly show: (row: FleetRow) => JSX.Element | string;
  /** Left out where there is little room. */
  readonly wide?: true;
}

const ROW_HEIGHT = 48;

const COLUMNS: readonly Column[] = [
  {
    key: 'name',
    label: 'Name',
    show: ({ name, vmId }) => (
      <Link to={addressOf('/vm', { id: vmId })} label={name}>
        <NameOnOneLine text={name} />
      </Link>
    ),
  },
  { key: 'kind', label: 'State', show: (row) => <State row={row} /> },
  {
    key: 'region',
    label: 'Region',
    show: ({ region, zone }) => (
      <>
        {region}
        {zone !== null && <span class="cell-more quiet">zone {zone}</span>}
      </>
    ),
  },
  {
    key: 'availabilitySet',
    label: 'Set, UD',
    wide: true,
    show: ({ availabilitySet, updateDomain }) =>
      availabilitySet === null ? (
        '–'
      ) : (
        <>
          <NameOnOneLine text={availabilitySet} />
          <span class="cell-more quiet">
            {updateDomain === null ? 'update domain unknown' : `UD ${updateDomain}`}
          </span>
        </>
      ),
  },
  {
    key: 'family',
    label: 'Image family',
    wide: true,
    show: ({ family }) => {
      const [publisher = '', ...rest] = family.split(':');
      return (
        <span title={family}>
          <NameOnOneLine text={rest.length === 0 ? family : rest.join(':')} />
          {rest.length > 0 && <span class="cell-more quiet">{publisher}</span>}
        </span>
      );
    },
  },
  {
    key: 'phase',
    label: 'Phase',
    wide: true,
    show: ({ phase }) => (phase === null ? '–' : phaseName(phase)),
  },
  {
    key: 'expectedStartUtc',
    label: 'Planned start',
    wide: true,
    show: ({ expectedStartUtc }) => (expectedStartUtc === null ? '–' : shortTime(expectedStartUtc)),
  },
  {
    key: 'outcomeUtc',
    label: 'Ended',
    wide: true,
    show: ({ outcomeUtc }) => (outcomeUtc === null ? '–' : shortTime(outcomeUtc)),
  },
];

interface FleetTableViewProps {
  readonly query: FleetQuery;
  readonly pages: FleetPages;
  readonly change: (next: Partial<FleetQuery>) => void;
  readonly onSight: (inSight: { readonly first: number; readonly last: number }) => void;
}

/** A table of which only the rows in sight exist; the scroller takes the keys that scroll. */
export function FleetTableView({ query, pages, change, onSight }: FleetTableViewProps): JSX.Element {
  const rowCount = pages.total ?? 0;
  const { scroller, items, height } = useVirtualRows(rowCount, ROW_HEIGHT);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    onSight({ first, last });
  }, [first, last]);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [query.search, query.sort, query.descending, JSON.stringify(query.filters)]);
  return (
    <div class="fleet-table" role="table" aria-label="VMs" aria-rowcount={rowCount + 1}>
      <div role="rowgroup" class="fleet-head">
        <div role="row" class="fleet-row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <Head key={column.key} column={column} query={query} change={change} />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        class="fleet-scroller"
        ref={scroller}
        tabIndex={0}
        aria-label="VMs, to be scrolled"
      >
        <div role="presentation" class="fleet-body" style={{ height: `${height}px` }}>
          {items.map(({ index, start }) => {
            const row = pages.rowAt(index);
            return (
              <div
                key={index}
                role="row"
                class="fleet-row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start}px)` }}
              >
                {COLUMNS.map(({ key, show, wide }) => (
                  <span key={key} role="cell" class={wide === true ? 'cell wide' : 'cell'}>
                    {row === null ? '…' : show(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
        {pages.total === 0 && (
          <p class="quiet none">No VM is like this. Take a filter away, or look for something else.</p>
        )}
      </div>
    </div>
  );
}

interface HeadProps {
  readonly column: Column;
  readonly query: FleetQuery;
  readonly change: (next: Partial<FleetQuery>) => void;
}

function Head({ column: { key, label, wide }, query, change }: HeadProps): JSX.Element {
  const isSorted = query.sort === key;
  const order = query.descending ? 'descending' : 'ascending';
  return (
    <span
      role="columnheader"
      class={wide === true ? 'cell wide' : 'cell'}
      aria-sort={isSorted ? order : 'none'}
    >
      <button
        type="button"
        class="sort"
        onClick={() => {
          change({ sort: key, descending: isSorted && !query.descending });
        }}
      >
        {label}
        {isSorted && <span aria-hidden="true">{query.descending ? ' ↓' : ' ↑'}</span>}
      </button>
    </span>
  );
}

function State({ row: { kind, reason, detail, takesPart } }: { readonly row: FleetRow }): JSX.Element {
  const key = kind ?? (takesPart ? 'waiting' : 'skipped');
  const { label, icon } = outcomeLook(key);
  const why = reason === null || reason === 'installed' || reason === 'nothingToInstall' ? '' : words(reason);
  return (
    <span class="state" title={detail}>
      <span class={`swatch s-${key}`}>
        <Icon name={icon} />
      </span>
      <span class="state-words">
        {label}
        {why !== '' && <span class="cell-more quiet">{why}</span>}
      </span>
    </span>
  );
}
