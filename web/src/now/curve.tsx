import type { JSX } from 'preact';
import type { FamilyEvidence } from '../api';
import { percent } from '../format';

const WIDTH = 240;
const HEIGHT = 34;
const PAD = 3;

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
  const name = `Test: now at ${share} of where it halts, at most ${percent(cusumMax, haltsAt)}, after ${curve.length} results`;
  return (
    <div class="curve">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={name}>
        <line class="curve-limit" x1="0" x2={WIDTH} y1={y(haltsAt)} y2={y(haltsAt)} />
        <line class="curve-base" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        <path class="curve-line" d={`M${PAD} ${y(0)}${line}`} />
        {curve.map(({ unhealthy, value }, n) =>
          unhealthy ? <path key={n} class="curve-bad" d={`M${x(n)} ${y(value) - 4}v8`} /> : null,
        )}
      </svg>
      <span class="curve-share">{share}</span>
    </div>
  );
}
