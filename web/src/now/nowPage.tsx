import type { JSX } from 'preact';
import type { Disruptions, Evidence, Halts, Rollout, Timeline } from '../api';
import { useConnection } from '../connection';
import { day, dayOf, many, phaseName, rolloutName, time, vms } from '../format';
import { ROLLOUT_MS, useLive } from '../live';
import type { PageProps } from '../page';
import { Icon } from '../parts/icon';
import { OutcomeBar } from '../parts/outcomeBar';
import { addressOf, Link } from '../router';
import { rolloutLook } from '../states';
import { AlsoOpen } from './alsoOpen';
import { Approvals } from './approvals';
import { Controls } from './controls';
import { DownNow } from './downNow';
import { EmergencyFacts } from './emergencyFacts';
import { HaltBanner } from './haltBanner';
import { FamilyHealth } from './familyHealth';
import { TimelineView } from './timelineView';

const DETAIL_MS = 3_000;
const SLOW_MS = 6_000;

/** What goes on, whether it is well, and what a person has to decide. */
export function NowPage({ rollout: { id }, rollouts }: PageProps): JSX.Element {
  const path = `/api/rollouts/${id}`;
  const { data: rollout, problem } = useLive<Rollout>(path, ROLLOUT_MS);
  const { data: halts } = useLive<Halts>(`${path}/halts`, ROLLOUT_MS);
  const { data: timeline } = useLive<Timeline>(`${path}/timeline`, DETAIL_MS);
  const { data: disruptions } = useLive<Disruptions>(`${path}/disruptions`, DETAIL_MS);
  const { data: evidence } = useLive<Evidence>(`${path}/evidence`, SLOW_MS);
  const { nowUtc } = useConnection();
  if (rollout === null)
    return (
      <p class="quiet" role="status">
        {problem === null ? 'Reading the rollout …' : `${problem.title} ${problem.detail}`}
      </p>
    );
  const at = nowUtc ?? rollout.releasedUtc;
  return (
    <>
      <Heading rollout={rollout} nowUtc={at} />
      <AlsoOpen rollouts={rollouts.filter((one) => one.id !== id && one.endedUtc === null)} />
      {halts !== null && <HaltBanner rollout={rollout} halts={halts} />}
      <Approvals rollout={rollout} />
      <Progress rollout={rollout} />
      <TimelineView rollout={rollout} timeline={timeline} nowUtc={at} down={disruptions?.value ?? []} />
      <div class="two even">
        <DownNow disruptions={disruptions} state={rollout.state} />
        <Controls rollout={rollout} waitingCount={halts?.waitingCount ?? null} />
      </div>
      <FamilyHealth evidence={evidence} />
    </>
  );
}

function Heading({ rollout, nowUtc }: { readonly rollout: Rollout; readonly nowUtc: string }): JSX.Element {
  const { label, icon, tone } = rolloutLook(rollout.state);
  return (
    <div class="heading">
      <h1>
        {rolloutName(rollout)}
        <span class={`badge ${tone}`}>
          <Icon name={icon} /> {label}
        </span>
      </h1>
      <p class="quiet">{whereItStands(rollout, nowUtc)}</p>
      {rollout.emergency !== undefined && rollout.emergency !== null && (
        <EmergencyFacts emergency={rollout.emergency} />
      )}
      {rollout.waitsForInventory !== null && (
        <p class="note">
          Waiting for VMs since {time(rollout.waitsForInventory.sinceUtc)}: {rollout.waitsForInventory.why}
        </p>
      )}
      {rollout.notAdvanced !== null && <p class="note">{rollout.notAdvanced}</p>}
    </div>
  );
}

function whereItStands(rollout: Rollout, nowUtc: string): string {
  const { releasedUtc, endsUtc, endedUtc, phases, emergency } = rollout;
  const isEmergency = emergency !== undefined && emergency !== null;
  const released = `${isEmergency ? 'Asked for' : 'Released'} ${time(releasedUtc)}`;
  const days = dayOf(releasedUtc, endsUtc) - 1;
  if (endedUtc !== null)
    return `${released}. Over on ${time(endedUtc)}, day ${Math.min(days, dayOf(releasedUtc, endedUtc))} of ${days}.`;
  const open = phases.filter(({ startedUtc, endedUtc: ended }) => startedUtc !== null && ended === null);
  const where = open.map(({ phase }) => phaseName(phase)).join(' and ');
  const what = where === '' ? '' : ` ${where} of ${phases.length} is open.`;
  return `Day ${Math.min(days, dayOf(releasedUtc, nowUtc))} of ${days}. ${released}; it ends by ${day(endsUtc)} UTC, done or not.${what}`;
}

function Progress({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { outcomes, vmCount, eligibleCount, lateCount } = rollout;
  const done = (outcomes['patched'] ?? 0) + (outcomes['upToDate'] ?? 0);
  const whole = eligibleCount ?? vmCount ?? 0;
  return (
    <section class="card" aria-labelledby="progress">
      <h2 id="progress">
        {vmCount === null
          ? 'Not planned yet'
          : `${vms(done)} of ${whole.toLocaleString('en-GB')} to be patched are done`}
      </h2>
      {vmCount !== null && <OutcomeBar outcomes={outcomes} vmCount={vmCount} legend />}
      {vmCount !== null && vmCount > whole && (
        <p class="quiet progress-note">
          Shares are of all {vms(vmCount)}; {vms(vmCount - whole)} take no part,{' '}
          <Link to={addressOf('/fleet', { kind: 'skipped', group: 'reason' })}>for these reasons</Link>.
        </p>
      )}
      {lateCount !== null && lateCount > 0 && (
        <p class="note">
          <Icon name="clock" /> The plan has {many(lateCount, 'VM')} late: see the reasons in the plan.
        </p>
      )}
    </section>
  );
}
