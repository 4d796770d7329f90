import { expectClaim } from '../../activities/round/expectClaim';
import { inItsWindow } from '../../activities/round/nextRound';
import { readControl } from '../../activities/readControl';
import { refreshInventory } from '../../activities/refreshInventory';
import { settleClaim } from '../../activities/settleClaim';
import { Pace } from '../../activities/contracts';
import { nextAssessmentUtc } from '../../domain/assessmentTimes';
import { afterLook, firstEnablement } from '../../domain/enablement';
import { addResults, noEvidence, type ScopeEvidence, type UpdateResult } from '../../domain/evidence';
import { checkEvidence, checkRound } from '../../domain/evidenceRules';
import { checkSilence, phaseIsClosed } from '../../domain/gates';
import { Month, type VmId } from '../../domain/ids';
import { inventoryChanges, listingsDue } from '../../domain/inventoryChanges';
import { drained } from './drained';
import { outcomeOf } from '../../domain/outcome';
import { phaseIdOf } from '../../domain/phaseId';
import type { Policy } from '../../domain/policy';
import { because } from '../../domain/reasons';
import { endsUtcOf } from '../../domain/release';
import { grantRound, noRolloutEvidence } from '../../domain/rolloutEvidence';
import { awaitClaim } from '../../orchestrations/awaitClaim';
import { awaitGo } from '../../orchestrations/awaitGo';
import { monthlyRollout } from '../../orchestrations/monthlyRollout';
import { roundSlot } from '../../planning/roundSlot';
import { aSet, aVm, vmsOf } from './builders';
import { aDisruption } from './claims';
import {
  aControl,
  aPhase,
  aRound,
  counts,
  IN_THE_WINDOW,
  outcomesIn,
  ROLLOUT,
  someServices,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  type FakeServices,
} from './fakeServices';
import { planOf } from './fleets';
import { start, vm as installed } from './installScene';
import { after, replay } from './replay';
import { aSlot, ENDS, START_BY } from './rolloutScene';
import { family, run, vmId, type Platform } from './vmUpdateRun';

/**
 * What the app does under a policy, part by part: two policies that differ in a value which the part obeys differ in its answer. The decisions
 * are the app's own; nothing here knows a value.
 */

/** How long the update of one VM takes, step by step, on platforms that are slow in different places. */
export function vmUpdates(policy: Policy): unknown {
  const never: Platform = {
    readAssessment: () => ({ of: 'readAssessment', answer: { kind: 'running', retryAfterSeconds: null } }),
  };
  const heldBack: Platform = {
    askExposure: (_, time) => ({ of: 'askExposure', granted: time > 2, startByUtc: START_BY }),
  };
  const silent: Platform = {
    probe: (atUtc) => ({ of: 'probe', health: { answer: 'unknown', because: 'silence', atUtc } }),
  };
  return [{}, never, heldBack, silent].map((platform) => {
    const { endedUtc, steps, ending } = run(platform, policy);
    return [endedUtc, steps.length, ending.outcome.reason];
  });
}

/** Results of one family, of one kind after another. */
function evidenceOf(
  kinds: readonly (readonly [UpdateResult['kind'], count: number])[],
  policy: Policy,
): ScopeEvidence {
  const results = kinds.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
  const all = results.map((kind, place) => resultOf(kind, place));
  return addResults({ ...noEvidence, startedCount: all.length }, all, policy);
}

const resultOf = (kind: UpdateResult['kind'], place: number): UpdateResult => ({
  vm: `${vmId}-${place}` as VmId,
  place,
  kind,
  atUtc: new Date(Date.parse(WINDOW_OPENS) + place * 60_000).toISOString(),
  region: 'eastus',
  canary: false,
  patches: [],
});

/** What results of different kinds decide. */
export function decisionsOnEvidence(policy: Policy): unknown {
  const seen = (
    [
      [['unhealthy', 2]],
      [
        ['healthy', 60],
        ['unhealthy', 3],
      ],
      [
        ['healthy', 900],
        ['unhealthy', 11],
      ],
      [
        ['healthy', 2],
        ['failed', 3],
      ],
    ] as const
  ).map((kinds) => evidenceOf(kinds, policy));
  const decisions = seen.map((rollout) =>
    checkEvidence(
      { rollout, eligibleCount: 1_200, families: new Map([[family, rollout]]), regions: new Map() },
      policy,
    ).map(({ scope, rule }) => [scope.kind, rule]),
  );
  const bad = [resultOf('unhealthy', 0), resultOf('unhealthy', 1)];
  return [decisions, checkRound(bad, () => family, policy).map(({ rule }) => rule)];
}

/** How many VMs of a family a round may begin with, before any has proven anything and when many have. */
export function installsGranted(policy: Policy): unknown {
  const asked = Array.from({ length: 80 }, (_, place) => ({ place, family }));
  const proven = { ...noEvidence, healthyCount: 12, startedCount: 12 };
  const underWay = { ...noEvidence, healthyCount: 600, startedCount: 600 + 990 };
  return [noEvidence, proven, underWay].map((known) => {
    const before = { ...noRolloutEvidence, families: { [family]: known } };
    const { evidence, granted } = grantRound(before, 'claim', asked, policy);
    return [granted.size, evidence.rounds['claim']?.canaries.length];
  });
}

export function gates(policy: Policy): unknown {
  const progress = (attempted: number) => ({
    planned: 100,
    counts: counts({ patched: attempted }),
    silentRegions: [],
    startedUtc: WINDOW_OPENS,
    closesUtc: null,
  });
  const daysLater = (days: number): string =>
    new Date(Date.parse(WINDOW_OPENS) + days * 86_400_000).toISOString();
  return [
    checkSilence(counts({ patched: 8, unhealthy: 3, unknown: 3 }), policy).kind,
    phaseIsClosed(progress(92), daysLater(1), policy),
    phaseIsClosed(progress(12), daysLater(3), policy),
  ];
}

const tagged = (n: number): Record<string, string> => (n % 2 === 0 ? { app: 'shop' } : {});

/** Four regions without pairs, with standalone VMs and a set each. */
const FLEET = ['eastus', 'japaneast', 'polandcentral', 'brazilsouth'].flatMap((region, size) => [
  ...vmsOf(6 + 4 * size, (n) => ({ name: `${region}-${n}`, region, tags: tagged(n) })),
  ...vmsOf(12, (n) => ({
    name: `${region}-web-${n}`,
    region,
    availabilitySetId: aSet(`web-${region}`),
    updateDomain: n % 3,
  })),
]);

export const plans = (policy: Policy): unknown => planOf(FLEET, { policy });

/** The round of a set after most of the month is over: how much may be down at once, and when it may run. */
export async function rounds(policy: Policy): Promise<unknown> {
  const vms = vmsOf(15, (n) => ({ name: `set-${n}`, availabilitySetId: aSet('web'), updateDomain: 0 }));
  const services = await someServices({ vms, policy, nowUtc: '2026-12-02T03:15:00.000Z' });
  const round = aRound({
    kind: 'availabilitySet',
    availabilitySetId: aSet('web'),
    setSize: vms.length,
    updateDomain: 0,
    vmIds: vms.map(({ id }) => id),
  });
  const when = { nowUtc: services.nowUtc(), freshAfterUtc: null, endsUtc: ENDS };
  return [await inItsWindow(services, aControl(), round, aSlot), roundSlot(round.timeZones, when, policy)];
}

/** What is asked of the platform, early in a window and 90 minutes before it closes, and after a request that was never heard of again. */
export async function installs(policy: Policy): Promise<unknown> {
  const seen: unknown[] = [];
  for (const nowUtc of [IN_THE_WINDOW, '2026-11-13T08:00:00.000Z', '2026-11-13T09:30:00.000Z']) {
    const services = await someServices({ vms: [installed], policy, nowUtc });
    const { kind } = await start(services);
    seen.push([kind, services.driver.accepted.map(({ request }) => request)]);
  }
  const services = await someServices({ vms: [installed], policy });
  services.driver.postBehaviours.push('vanishes');
  await start(services).catch(() => null);
  services.wait(660);
  return [...seen, await start(services)];
}

/** The waits for a claim, woken by a release when it is a rollout's and polled when a person asked, and for a pause to end. */
export async function waits(policy: Policy): Promise<unknown> {
  const pace = Pace.parse(policy);
  const refused = { kind: 'refused', because: [{ rule: 'geoPair', by: 'other' }] };
  const claimOf = async (kind: 'rollout' | 'onDemand'): Promise<unknown> => {
    const { calls } = await replay(awaitClaim, {
      input: {
        claimId: 'claim-1',
        kind,
        ledger: 'eastus',
        disruption: aDisruption(),
        pace,
        untilUtc: '2026-11-13T05:00:00.000Z',
        startByUtc: START_BY,
        closesUtc: WINDOW_CLOSES,
        deadlineUtc: ENDS,
      },
      nowUtc: WINDOW_OPENS,
      entities: { disruptionLedger: () => refused },
    });
    return calls;
  };
  const paused = { kind: 'wait', reason: 'rolloutPaused', why: '' } as const;
  const control = await replay(awaitGo, {
    input: { rolloutId: ROLLOUT, phase: 'phase-1', region: 'eastus', pace, untilUtc: WINDOW_CLOSES },
    nowUtc: WINDOW_OPENS,
    activities: { readControl: () => paused, recordWait: () => ({}) },
  });
  return [await claimOf('rollout'), await claimOf('onDemand'), control.calls];
}

/** The tries to enable a VM that lacks something for two hours. */
export function enablement(policy: Policy): unknown {
  const standing = {
    kind: 'window',
    enabled: false,
    obstacle: 'It has no service.',
    opensUtc: WINDOW_OPENS,
    closesUtc: WINDOW_CLOSES,
  } as const;
  const tries: string[] = [];
  for (let before = firstEnablement(WINDOW_OPENS); ;) {
    const nowUtc = before.next.dueUtc;
    tries.push(nowUtc);
    const endsUtc = '2026-11-13T05:00:00.000Z';
    const after = afterLook(before, standing, { nowUtc, begunUtc: WINDOW_OPENS, endsUtc, pace: policy });
    if (after.kind === 'ended') return tries;
    before = after.enablement;
  }
}

/** When the phases of a month begin. */
export async function bakes(policy: Policy): Promise<unknown> {
  const { calls } = await replay(monthlyRollout, {
    instanceId: ROLLOUT,
    nowUtc: '2026-11-10T18:05:00.000Z',
    input: { rolloutId: ROLLOUT, generation: 1 },
    activities: {
      planRollout: () => ({
        phases: ['japaneast', 'eastus', 'westus'].map((region, n) => ({
          phase: phaseIdOf(n + 1),
          regions: [region],
        })),
        endsUtc: ENDS,
        pace: Pace.parse(policy),
      }),
      openPhase: (_, nowUtc) => ({ startedUtc: nowUtc }),
      closeRollout: () => ({ counts: counts() }),
    },
    children: {
      awaitGo: () => ({ go: true, reason: null }),
      phaseRollout: () => after(3600, { regions: 1, failed: [] }),
      awaitGate: (_, _id, nowUtc) => after(60, { openedUtc: nowUtc }),
      awaitCompletion: () => ({ complete: true }),
      judgeAfterBake: () => ({ probed: 0, unhealthy: 0 }),
    },
  });
  return calls.filter(({ name }) => name === 'phaseRollout').map(({ atUtc }) => atUtc);
}

/** What the agenda has to do later. */
export async function agenda(policy: Policy): Promise<unknown> {
  const services = await someServices({ vms: [aVm()], policy });
  await services.run(refreshInventory, { nowUtc: IN_THE_WINDOW });
  await expectClaim(services, { region: 'eastus' }, WINDOW_CLOSES);
  return [
    (await services.agenda.list()).map(({ name, dueUtc, listed }) => [
      name,
      dueUtc,
      listed === undefined ? null : listingsDue(listed, WINDOW_CLOSES),
    ]),
    nextAssessmentUtc('America/New_York', policy, IN_THE_WINDOW),
    endsUtcOf(Month.parse('2026-11'), policy),
  ];
}

/** Is a listing believed that lacks 12 of 40 VMs? */
export function listings(policy: Policy): unknown {
  const vms = vmsOf(40, (n) => ({ name: `known-${n}` }));
  const listing = { vms: vms.slice(12), incomplete: new Map<string, string>() };
  return drained(inventoryChanges(vms, listing, policy, IN_THE_WINDOW)).notBelieved.length;
}

export async function overrun(policy: Policy): Promise<unknown> {
  const services = await someServices({ policy });
  services.clock.nowUtc = '2026-11-13T13:30:00.000Z';
  const claim = {
    claimId: 'claim-1',
    kind: 'rollout',
    disruption: aDisruption(),
    startByUtc: START_BY,
    expiresUtc: WINDOW_CLOSES,
  };
  return services.run(settleClaim, { claim });
}

/** Whether a VM that was deferred three times is tried again. */
export async function attempts(policy: Policy): Promise<unknown> {
  const services: FakeServices = await someServices({ policy });
  for (const minute of ['16', '17', '18']) {
    const atUtc = IN_THE_WINDOW.replace(':15:', `:${minute}:`);
    const outcome = outcomeOf(
      vmId,
      atUtc,
      because('patchesFailed', { failedPatchCount: 1, installedPatchCount: 0 }),
    );
    await services.outcomes.save(ROLLOUT, [
      { ...outcome, phase: phaseIdOf(1), region: 'eastus', installation: null },
    ]);
  }
  return (await outcomesIn(services)).map(({ waits }) => waits);
}

export async function control(policy: Policy): Promise<unknown> {
  const services = await someServices({ policy });
  await services.rollouts.savePhase(ROLLOUT, aPhase({ startedUtc: null }));
  return services.run(readControl, { rolloutId: ROLLOUT, phase: 'phase-1', region: 'eastus' });
}
