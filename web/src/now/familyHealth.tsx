import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Evidence, FamilyEvidence } from '../api';
import { count, vms } from '../format';
import { Name } from '../parts/name';
import { Curve } from './curve';
import { Toggle } from '../parts/toggle';

const SHOWN = 6;

/** What each image family has proven, and how near its test is to a halt. */
export function FamilyHealth({ evidence }: { readonly evidence: Evidence | null }): JSX.Element {
  const [all, setAll] = useState(false);
  const families = evidence?.families ?? [];
  const shown = all ? families : families.slice(0, SHOWN);
  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Health by image family</h2>
      {evidence !== null && (
        <p class="quiet">
          A test of each family halts it when its results speak for {evidence.refusedUnhealthyPercent} %
          unhealthy rather than for {evidence.expectedUnhealthyPercent} %. The curve goes up with each
          unhealthy VM and down with each healthy one; the dashed line is where it halts.
        </p>
      )}
      {families.length === 0 && (
        <p class="quiet">{evidence === null ? 'Reading the evidence …' : 'No installation has ended yet.'}</p>
      )}
      <ul class="families">
        {evidence !== null &&
          shown.map((family) => <Family key={family.family} family={family} haltsAt={evidence.haltsAt} />)}
      </ul>
      {families.length > SHOWN && (
        <Toggle isOpen={all} setIsOpen={setAll}>
          {all ? 'Show fewer' : `Show all ${count(families.length)}`}
        </Toggle>
      )}
    </section>
  );
}

function Family({
  family,
  haltsAt,
}: {
  readonly family: FamilyEvidence;
  readonly haltsAt: number;
}): JSX.Element {
  const {
    family: name,
    healthyCount,
    unhealthyCount,
    failedCount,
    startedCount,
    startedMax,
    vmCount,
  } = family;
  const bad = [
    unhealthyCount > 0 ? `${count(unhealthyCount)} unhealthy` : 'none unhealthy',
    ...(failedCount > 0 ? [`${count(failedCount)} failed`] : []),
  ].join(', ');
  return (
    <li>
      <div class="family-name">
        <Name text={name} />
      </div>
      <Curve family={family} haltsAt={haltsAt} />
      <div>
        {count(healthyCount)} healthy, <span class={unhealthyCount > 0 ? 'bad' : ''}>{bad}</span>
        <span class="quiet">
          {' '}
          · {count(startedCount)} of {vms(vmCount)} started, {count(Math.min(startedMax, vmCount))} allowed so
          far
        </span>
      </div>
      {family.waiting && <div class="note">Others of it wait until more of these have proven healthy.</div>}
    </li>
  );
}
