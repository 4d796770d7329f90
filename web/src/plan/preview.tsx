import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import {
  count,
  many,
  month as monthName,
  nameOf,
  phaseName,
  readable,
  shortTime,
  time,
  vms,
  words,
} from '../format';
import { useLive } from '../live';
import { LongText } from '../parts/longText';
import { addressOf, Link } from '../router';
import type { Counts } from '../api';

const EVERY_MS = 10_000;

interface Extent {
  readonly vmCount: number;
  readonly expectedStartUtc: string;
  readonly expectedEndUtc: string;
}

interface Turn {
  readonly phase: string;
  readonly day: number;
}

interface Previewed {
  readonly month: string;
  readonly releasedUtc: string;
  readonly endsUtc: string;
  readonly vmCount: number;
  readonly finish: {
    readonly p50Utc: string | null;
    readonly p95Utc: string | null;
    readonly lastUtc: string | null;
  };
  readonly phases: readonly (Extent & {
    readonly phase: string;
    readonly regions: readonly (Extent & { readonly region: string; readonly roundCount: number })[];
  })[];
  readonly late: {
    readonly count: number;
    readonly value: readonly {
      readonly vmId: string;
      readonly expectedStartUtc: string;
      readonly detail: string;
    }[];
  };
  readonly heldCount: number;
  readonly ineligible: Counts;
  readonly diff?: {
    readonly addedCount: number;
    readonly removedCount: number;
    readonly movedCount: number;
    readonly moved: readonly { readonly vmId: string; readonly before: Turn; readonly after: Turn }[];
  };
}

/** A month as its rollout would plan it now, and what moves against the month before. */
export function Preview({ thisMonth }: { readonly thisMonth: string }): JSX.Element {
  const months = [thisMonth, monthAfter(thisMonth)];
  const [month, setMonth] = useState(months[1] ?? thisMonth);
  const { data, problem } = useLive<Previewed>(`/api/preview?month=${month}&against=previousMonth`, EVERY_MS);
  return (
    <section class="card" aria-labelledby="preview">
      <div class="card-head">
        <h2 id="preview">Preview of {monthName(month)}</h2>
        <label>
          Month{' '}
          <select
            value={month}
            onChange={(event) => {
              setMonth(event.currentTarget.value);
            }}
          >
            {months.map((one) => (
              <option key={one} value={one}>
                {monthName(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {data === null ? (
        <p class="quiet">{problem === null ? 'Planning it …' : `${problem.title} ${problem.detail}`}</p>
      ) : (
        <Shown preview={data} />
      )}
    </section>
  );
}

function Shown({ preview }: { readonly preview: Previewed }): JSX.Element {
  const { vmCount, finish, releasedUtc, endsUtc, late, heldCount, ineligible, diff } = preview;
  const out = Object.values(ineligible).reduce((sum, one) => sum + one, 0);
  return (
    <>
      <dl class="numbers">
        <Number name="VMs" value={count(vmCount)} more={`${count(out)} others take no part`} />
        <Number name="Half are done" value={when(finish.p50Utc)} />
        <Number name="95 % are done" value={when(finish.p95Utc)} />
        <Number name="The last one" value={when(finish.lastUtc)} more={`it ends by ${time(endsUtc)}`} />
        <Number name="Late" value={count(late.count)} />
        <Number name="Held" value={count(heldCount)} more="in their turn, by a freeze or an exclusion" />
      </dl>
      <PhaseTable preview={preview} releasedUtc={releasedUtc} />
      {late.count > 0 && <Late late={late} />}
      {out > 0 && (
        <details>
          <summary>Why {vms(out)} take no part</summary>
          <ul class="plain">
            {Object.entries(ineligible)
              .sort(([, a], [, b]) => b - a)
              .map(([reason, number]) => (
                <li key={reason}>
                  <Link to={addressOf('/fleet', { reason })}>{words(reason)}</Link> {vms(number)}
                </li>
              ))}
          </ul>
        </details>
      )}
      {diff !== undefined && <Diff diff={diff} />}
    </>
  );
}

const when = (utc: string | null): string => (utc === null ? '–' : time(utc));

interface NumberProps {
  readonly name: string;
  readonly value: string;
  readonly more?: string;
}

function Number({ name, value, more }: NumberProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {more !== undefined && <span class="quiet"> {more}</span>}
      </dd>
    </div>
  );
}

interface PhaseTableProps {
  readonly preview: Previewed;
  readonly releasedUtc: string;
}

/** Bars from the release to the last start, and the same in words. */
function PhaseTable({ preview: { phases }, releasedUtc }: PhaseTableProps): JSX.Element {
  const from = Date.parse(releasedUtc);
  const until = Math.max(from + 1, ...phases.map(({ expectedEndUtc }) => Date.parse(expectedEndUtc)));
  const x = (utc: string): number => ((Date.parse(utc) - from) / (until - from)) * 100;
  return (
    <ul class="preview-phases">
      {phases.map(({ phase, vmCount, regions, expectedStartUtc, expectedEndUtc }) => (
        <li key={phase}>
          <strong>{phaseName(phase)}</strong>
          <span>
            {vms(vmCount)}
            <span class="quiet"> in {many(regions.length, 'region')}</span>
          </span>
          <span class="preview-bar" aria-hidden="true">
            <span
              style={{
                left: `${x(expectedStartUtc)}%`,
                width: `${Math.max(0.5, x(expectedEndUtc) - x(expectedStartUtc))}%`,
              }}
            />
          </span>
          <span class="quiet">
            {shortTime(expectedStartUtc)} to {shortTime(expectedEndUtc)}
          </span>
          <span class="preview-regions quiet">
            {regions.map(({ region, vmCount: number }) => `${region} ${count(number)}`).join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Late({ late }: { readonly late: Previewed['late'] }): JSX.Element {
  return (
    <details>
      <summary>{vms(late.count)} late, and why</summary>
      <ul class="plain">
        {late.value.slice(0, 50).map(({ vmId, expectedStartUtc, detail }) => (
          <li key={vmId}>
            <Link to={addressOf('/vm', { id: vmId })} class="value">
              {nameOf(vmId).slice(0, 100)}
            </Link>{' '}
            {time(expectedStartUtc)}: <LongText text={readable(detail)} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Diff({
  diff: { addedCount, removedCount, movedCount, moved },
}: {
  readonly diff: NonNullable<Previewed['diff']>;
}): JSX.Element {
  return (
    <details>
      <summary>
        Against the month before: {count(addedCount)} new, {count(removedCount)} gone, {count(movedCount)} at
        another time
      </summary>
      <ul class="plain">
        {moved.slice(0, 50).map(({ vmId, before, after }) => (
          <li key={vmId}>
            <Link to={addressOf('/vm', { id: vmId })} class="value">
              {nameOf(vmId).slice(0, 100)}
            </Link>
            : {turn(before)}, then {turn(after)}
          </li>
        ))}
      </ul>
    </details>
  );
}

const turn = ({ phase, day }: Turn): string => `${phaseName(phase)} on day ${Math.round(day * 10) / 10}`;

function monthAfter(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(globalThis.Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}
