import { followMoved } from '../../activities/fleet/followMoved';
import { joinRollout } from '../../activities/rollout/joinRollout';
import { controlFor, type Halt, type RolloutControl } from '../../domain/control';
import { eligibilityHolds } from '../../domain/eligibility';
import { holdsOf, type HoldFacts } from '../../domain/holds';
import { phaseIdOf } from '../../domain/phaseId';
import { defaultPolicy, type Policy } from '../../domain/policy';
import { OutcomeReason } from '../../domain/reasons';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm } from '../support/builders';
import { anAssessment, anInstallation, type PostBehaviour } from '../support/fakeDriver';
import {
  aControl,
  aPhase,
  IN_THE_WINDOW,
  outcomesIn,
  someServices,
  WINDOW_CLOSES,
  WINDOW_OPENS,
} from '../support/fakeServices';
import { start, vm } from '../support/installScene';
import { aStandingFreeze } from '../support/standingFreeze';
import { run, type Platform } from '../support/vmUpdateRun';

type Made = OutcomeReason | undefined;

/** How the update of a VM ends on a platform. */
const ends = (platform: Platform) => (): Made => run(platform).ending.outcome.reason;

const installs = (over: Parameters<typeof anInstallation>[0]) =>
  ends({
    readInstall: () => ({ of: 'readInstall', answer: { kind: 'ended', summary: anInstallation(over) } }),
  });

const probed = (answer: 'unhealthy' | 'unknown' | 'stopped') =>
  ends({ probe: (atUtc) => ({ of: 'probe', health: { answer, because: 'seen', atUtc } }) });

const refusedExposure = (setFull: boolean) =>
  ends({ askExposure: () => ({ of: 'askExposure', granted: false, startByUtc: IN_THE_WINDOW, setFull }) });

/** What holds a VM of which this was seen. */
const held = (facts: Partial<HoldFacts>) => (): Made =>
  holdsOf({ nowUtc: IN_THE_WINDOW, policy: defaultPolicy, ...facts })[0]?.reason;

const takesNoPart = (over: Partial<VirtualMachine>) => (): Made =>
  eligibilityHolds(aVm(over), defaultPolicy)[0]?.reason;

/** Why nothing starts in a rollout. */
const controlled =
  (over: Partial<RolloutControl>, halt?: Partial<Halt>, rules: Policy['approvals'] = []) =>
  (): Made => {
    const phase = phaseIdOf(1);
    const halts: Halt[] = halt
      ? [
          {
            haltId: 'halt-1',
            kind: 'halt',
            phase,
            region: null,
            why: 'seen',
            atUtc: WINDOW_OPENS,
            decision: null,
            ...halt,
          },
        ]
      : [];
    const approvals = { rules, phases: [aPhase({ startedUtc: null })], given: [] };
    const said = controlFor(aControl(over), halts, { phase, region: 'eastus' }, IN_THE_WINDOW, approvals);
    return said.kind === 'go' ? undefined : said.reason;
  };

/** Why an installation does not start. */
const notStarted =
  (given: {
    readonly control?: Partial<RolloutControl>;
    readonly hooks?: Policy['hooks'];
    readonly platform?: PostBehaviour;
  }) =>
  async (): Promise<Made> => {
    const services = await someServices({
      vms: [vm],
      control: given.control ?? {},
      policy: { hooks: given.hooks ?? [] },
    });
    if (given.platform !== undefined) services.driver.postBehaviours.push(given.platform);
    const answer = await start(
      Object.assign(services, { askHook: () => Promise.resolve({ kind: 'no', why: 'Not now.' }) }),
    );
    return answer.kind === 'end' ? answer.outcome.reason : undefined;
  };

const decided = (kind: 'skip' | 'cancel'): Halt['decision'] => ({
  kind,
  by: 'ann',
  reason: 'seen to',
  atUtc: IN_THE_WINDOW,
});

const BUDGET = { budget: 'shop', max: 1, downCount: 1, down: 'shop-1', sinceUtc: null };
const OVER = { endsUtc: WINDOW_OPENS } as const;

/** For every reason what leads to it; the app's own code answers. */
const PRODUCED: Readonly<Record<OutcomeReason, () => Made | Promise<Made>>> = {
  installed: installs({ status: 'Succeeded', installedPatchCount: 3 }),
  nothingToInstall: ends({
    readAssessment: () => ({
      of: 'readAssessment',
      answer: { kind: 'assessed', summary: anAssessment({ criticalAndSecurityPatchCount: 0 }) },
    }),
  }),
  assessmentFailed: ends({
    readAssessment: () => ({ of: 'readAssessment', answer: { kind: 'failed', message: 'no' } }),
  }),
  installFailed: installs({ status: 'Failed' }),
  patchesFailed: installs({ status: 'Failed', failedPatchCount: 2 }),
  patchesPending: installs({ status: 'Succeeded', pendingPatchCount: 1 }),
  installLost: ends({ readInstall: () => ({ of: 'readInstall', answer: { kind: 'lost' } }) }),
  installRefused: notStarted({ platform: { refused: 'notAllowed' } }),
  orchestrationFailed: ends({ look: () => ({ of: 'threw', message: 'connection reset' }) }),
  unhealthyAfterUpdate: probed('unhealthy'),
  unknownTooLong: probed('unknown'),
  poweredOff: held({ powerState: 'deallocated' }),
  stoppedDuringSoak: probed('stopped'),
  agentSilent: held({ agentStatus: 'notReady' }),
  agentOutdated: held({ vm: aVm({ osType: 'Linux' }), agentVersion: '2.2.46' }),
  windowMissed: held({ window: { opensUtc: WINDOW_CLOSES, closesUtc: '2026-11-14T11:00:00.000Z' } }),
  waitingForSet: refusedExposure(true),
  hookRefused: notStarted({
    hooks: [
      { name: 'change', on: 'beforeVm', url: 'https://example.org/', timeoutSeconds: 10, answerMinutes: 60 },
    ],
  }),
  budgetUsedUp: held({ budgets: [BUDGET] }),
  placeChanged: held({ vm: aVm({ zone: '2' }), claimed: aVm({ zone: '1' }) }),
  evidenceLimit: refusedExposure(false),
  takenOver: notStarted({ control: { epoch: 2 } }),
  joinedLate: async () => {
    const services = await someServices();
    await joinRollout(services, [aVm()]);
    return (await outcomesIn(services))[0]?.reason;
  },
  moved: async () => {
    const services = await someServices();
    await followMoved(services, [{ from: aVm(), to: aVm({ resourceGroup: 'other' }) }]);
    return (await outcomesIn(services))[0]?.reason;
  },
  frozen: held({ freezes: [aStandingFreeze('freeze')] }),
  excludedForNow: held({ freezes: [aStandingFreeze('exclusion')] }),
  rolloutHalted: controlled({}, {}),
  approvalPending: controlled({}, undefined, [{ before: { phase: 1 }, validHours: 24 }]),
  rolloutPaused: controlled({ mode: 'paused' }),
  installInFlight: held({ installInFlight: true }),
  unhealthyBefore: held({ health: { answer: 'unhealthy', because: 'it is ill' } }),
  superseded: controlled({ ...OVER, endsBecause: 'superseded' }),
  deadlinePassed: controlled({ ...OVER, endsBecause: 'deadlinePassed' }),
  operatorSkipped: controlled({}, { decision: decided('skip') }),
  rolloutCancelled: controlled({ mode: 'cancelled' }),
  vmDeleted: held({ vm: null }),
  placeInvalid: takesNoPart({ region: 'east us!' }),
  excluded: takesNoPart({ tags: { [defaultPolicy.excludeTag]: 'true' } }),
  notInCharge: takesNoPart({ control: { kind: 'notInCharge', because: 'Azure patches it' } }),
  patchModeNotPlatform: takesNoPart({ patchMode: 'Manual' }),
  patchModeMissing: takesNoPart({ patchMode: null }),
  patchModeUnknown: takesNoPart({ patchMode: 'Weekly' }),
  unsupportedImage: takesNoPart({ image: null }),
  customImage: takesNoPart({ customImage: true }),
  agentNotProvisioned: takesNoPart({ provisionVMAgent: false }),
  automaticUpdatesOff: takesNoPart({ enableAutomaticUpdates: false }),
  notEnabled: takesNoPart({ enabled: false }),
  unknownRegion: takesNoPart({ region: 'atlantis' }),
  osTypeUnknown: takesNoPart({ osType: null }),
};

describe('every reason can be produced', () => {
  it.each(OutcomeReason.options)('%s', async (reason) => {
    expect(await PRODUCED[reason]()).toBe(reason);
  });
});
