import type { JSX } from 'preact';
import type { Counts } from '../api';
import { count, many, nameOf, phaseName, readable, shortTime, time, vms, words } from '../format';
import { dayTicks } from '../parts/dayTicks';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { addressOf, Link } from '../router';
import { MovedList, type Turns } from './planDiff';

interface Extent {
  readonly vmCount: number;
  readonly expectedStartUtc: string;
  readonly expectedEndUtc: string;
}

export interface Previewed {
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
  readonly diff?: Turns;
}

interface ShownProps {
  readonly preview: Previewed;
  /** What it is compared with, in words. */
  readonly against: string;
}

/** A plan in numbers, bars and words, and what moves. */
export function PreviewShown({ preview, against }: ShownProps): JSX.Element {
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
      {diff !== undefined && (
        <div class="plan-diff">
          <p>
            <strong>Against {against}:</strong> {vms(diff.movedCount)} at another time,{' '}
            {count(diff.addedCount)} new, {count(diff.removedCount)} gone.
          </p>
          <MovedList turns={diff} />
        </div>
      )}
    </>
  );
}

const when = (utc: string | null): string => (utc === null ? '–' : shortTime(utc));

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
      <li class="preview-axis quiet" aria-hidden="true">
        <span>days in UTC</span>
        <span class="preview-ticks">
          {dayTicks(from, until).map(({ x: at, label }) => (
            <span key={label} class="tick" style={{ left: `${at}%` }}>
              {label}
            </span>
          ))}
        </span>
      </li>
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
            <Link to={addressOf('/vm', { id: vmId })}>
              <Name text={nameOf(vmId)} />
            </Link>{' '}
            {time(expectedStartUtc)}: <LongText text={readable(detail)} />
          </li>
        ))}
      </ul>
    </details>
  );
}
