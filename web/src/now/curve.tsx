import type { JSX } from 'preact';
import type { FamilyEvidence } from '../api';
import { many, percent, shortDay } from '../format';

const WIDTH = 240;
const HEIGHT = 48;
const PAD = 4;

/** The sequential test of one family over its results in order, with the line at which it halts. */
export function Curve({
  family,
  haltsAt,
}: {
  readonly family: FamilyEvidence;
  readonly haltsAt: number;
}): JSX.Element {
  const { curve, cusum, cusumMax } = family;
  const top = Math.max(haltsAt * 1.15, cusumMax * 1.05);
  const x = (n: number): number => PAD + ((WIDTH - 2 * PAD) * (n + 1)) / Math.max(1, curve.length);
  const y = (value: number): number => HEIGHT - PAD - ((HEIGHT - 2 * PAD) * value) / top;
  const line = curve.map(({ value }, n) => `L${x(n).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  const share = percent(cusum, haltsAt);
  const name = `Test: now at ${share} of where it halts, at most ${percent(cusumMax, haltsAt)}, after ${many(resultCount(family), 'result')}`;
  return (
    <>
      <div class="curve">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={name}>
          <line class="curve-limit" x1="0" x2={WIDTH} y1={y(haltsAt)} y2={y(haltsAt)} />
          <line class="curve-base" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
          <path class="curve-line" d={`M${PAD} ${y(0)}${line}`} />
          {curve.map(({ unhealthy, value }, n) =>
            unhealthy ? <path key={n} class="curve-bad" d={`M${x(n)} ${y(value) - 5}v10`} /> : null,
          )}
        </svg>
        <span
          class="curve-limit-name"
          style={{ top: `${((y(haltsAt) / HEIGHT) * 100).toFixed(1)}%` }}
          aria-hidden="true"
        >
          halts
        </span>
      </div>
      <div class="curve-caption" aria-hidden="true">
        <span>{resultsOf(family)}</span>
        <span>{share} of the way to a halt</span>
      </div>
    </>
  );
}

/** `40 results, 11 to 15 Nov UTC`. */
function resultsOf(family: FamilyEvidence): string {
  const { curve } = family;
  const [first] = curve;
  const last = curve.at(-1);
  if (first === undefined || last === undefined) return 'No result yet';
  const [from, to] = [shortDay(first.atUtc), shortDay(last.atUtc)];
  return `${many(resultCount(family), 'result')} in order, ${from === to ? from : `${from} to ${to}`} UTC`;
}

/** A long curve comes with fewer points than results. */
const resultCount = ({ curve, healthyCount, unhealthyCount }: FamilyEvidence): number =>
  Math.max(curve.length, healthyCount + unhealthyCount);
