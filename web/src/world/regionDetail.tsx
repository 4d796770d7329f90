import type { JSX } from 'preact';
import type { DownNow, TimelineGroup, TimelineStage } from '../api';
import { clock, count, many, nameOf, phaseName, span, stageName, time, vms } from '../format';
import { Icon } from '../parts/icon';
import { Name } from '../parts/name';
import { OutcomeBar } from '../parts/outcomeBar';
import { addressOf, Link } from '../router';
import { doneCount } from './regionState';
import type { MappedRegion } from './worldMap';

interface RegionDetailProps {
  readonly mapped: MappedRegion;
  readonly name: string;
  readonly down: readonly DownNow[];
  readonly nowUtc: string | null;
}

/** One region: its stages one after another, in each its batches and sets, in each set its update domains. */
export function RegionDetail({
  mapped: { region, phase, look },
  name,
  down,
  nowUtc,
}: RegionDetailProps): JSX.Element {
  return (
    <section class="card region-detail" aria-labelledby="region">
      <div class="card-head">
        <h2 id="region">{name}</h2>
        <Link to={addressOf('/fleet', { region: region.region })}>Its VMs in the table</Link>
      </div>
      <p>
        {phaseName(phase)}. {look.label}.{' '}
        {nowUtc === null ? '' : hoursNow(region.offPeak, region.timeZone, nowUtc)}{' '}
        {region.pairs.length > 0 && <span class="quiet">Never together with {region.pairs.join(', ')}.</span>}
      </p>
      <OutcomeBar outcomes={region.outcomes} vmCount={region.vmCount} legend />
      <p class="quiet">Stages, batches and update domains are listed in the order of their updates.</p>
      {region.stages.map((stage) => (
        <Stage key={stage.stage} stage={stage} down={down.filter(({ zone }) => zone === stage.zone)} />
      ))}
    </section>
  );
}

/** Whether it is off-peak there, and until when, in its own time. */
function hoursNow(offPeak: readonly (readonly [string, string])[], zone: string, nowUtc: string): string {
  const window = offPeak.find(([, closesUtc]) => closesUtc > nowUtc);
  const here = `It is ${clock(nowUtc, zone)} there (${zone})`;
  if (window === undefined) return `${here}.`;
  const [opensUtc, closesUtc] = window;
  if (opensUtc <= nowUtc)
    return `${here}: off-peak until ${clock(closesUtc, zone)}, for ${span(nowUtc, closesUtc)}.`;
  return `${here}: off-peak from ${clock(opensUtc, zone)}, in ${span(nowUtc, opensUtc)}.`;
}

function Stage({
  stage,
  down,
}: {
  readonly stage: TimelineStage;
  readonly down: readonly DownNow[];
}): JSX.Element {
  const downNow = down.reduce((sum, claim) => sum + claim.count, 0);
  return (
    <div class="stage">
      <h3>
        {stageName(stage.stage)}{' '}
        <span class="quiet">
          {count(doneCount(stage))} of {vms(stage.vmCount)} · planned from {time(stage.expectedStartUtc)}
        </span>
        {downNow > 0 && <span class="down-now">{count(downNow)} down now</span>}
      </h3>
      <ul class="groups">
        {stage.groups.map((group) => (
          <Group key={group.group} group={group} down={down} />
        ))}
      </ul>
    </div>
  );
}

function Group({
  group,
  down,
}: {
  readonly group: TimelineGroup;
  readonly down: readonly DownNow[];
}): JSX.Element {
  const { availabilitySetId, setSize, vmCount, outcomes, updateDomains } = group;
  if (availabilitySetId === null)
    return (
      <li class="group">
        <div class="group-name">
          <strong>{group.group.replace('batch-', 'Batch ')}</strong>{' '}
          <span class="quiet">{many(vmCount, 'standalone VM')}</span>
        </div>
        <OutcomeBar outcomes={outcomes} vmCount={vmCount} />
      </li>
    );
  const claims = down.filter((claim) => claim.availabilitySetId === availabilitySetId);
  return (
    <li class="group">
      <div class="group-name">
        <Link
          to={addressOf('/fleet', { availabilitySet: availabilitySetId })}
          title={availabilitySetId.slice(0, 1_000)}
        >
          <Name text={nameOf(availabilitySetId)} />
        </Link>{' '}
        <span class="quiet">
          set of {vms(setSize)}
          {limitText(claims)}
        </span>
      </div>
      <ul class="domains">
        {updateDomains.map((domain) => {
          const isDown = claims.some(({ updateDomain }) => updateDomain === domain.updateDomain);
          return (
            <li
              key={String(domain.updateDomain)}
              class={isDown ? 'domain down' : 'domain'}
              title={isDown ? 'May be down now' : undefined}
            >
              <span class="domain-name">
                UD {domain.updateDomain ?? 'unknown'}
                {isDown && <Icon name="play" />}
                {isDown && <span class="visually-hidden"> may be down now</span>}
                <span class="quiet">
                  {' '}
                  {count(doneCount(domain))}/{count(domain.vmCount)}
                </span>
              </span>
              <OutcomeBar outcomes={domain.outcomes} vmCount={domain.vmCount} />
            </li>
          );
        })}
      </ul>
    </li>
  );
}

function limitText([claim]: readonly DownNow[]): string {
  return claim === undefined || claim.limit === null ? '' : `, at most ${count(claim.limit)} down at once`;
}
