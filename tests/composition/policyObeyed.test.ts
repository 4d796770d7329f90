import { createHash } from 'node:crypto';
import { forgetServices, startApp } from '../../composition/compose';
import { settingName } from '../../composition/settings';
import { isAssessed } from '../../domain/eligibility';
import { windowAtOrAfter } from '../../domain/offPeak';
import { calendarOf } from '../../domain/ownWindows';
import { defaultPolicy, Policy } from '../../domain/policy';
import { findRegion } from '../../domain/regions';
import { timeZoneOf } from '../../domain/timeZone';
import { aVm } from '../support/builders';
import { IN_THE_WINDOW } from '../support/fakeServices';
import * as effects from '../support/policyEffects';

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** VMs that the policy may name: by a tag, an image that is out of the ordinary, an image of today. */
const NAMED = [
  aVm({ tags: { skip: 'true', zone: 'Asia/Tokyo', app: 'shop' } }),
  aVm({ image: { publisher: 'contoso', offer: 'appliance', sku: 'gen2', version: 'latest' } }),
  aVm({ image: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' } }),
];

const takesPart = (policy: Policy): unknown => NAMED.map((vm) => isAssessed(vm, policy));

const windows = (policy: Policy): unknown =>
  NAMED.map((vm) =>
    windowAtOrAfter(calendarOf(timeZoneOf(vm, policy).zone, vm, policy), policy, IN_THE_WINDOW),
  );

/** Regions are learnt when the app starts. */
function regionsLearnt(policy: Policy): unknown {
  const before = { ...process.env };
  forgetServices();
  process.env['LOWTIDE_STORE'] = 'memory';
  if (policy.extraRegions.length > 0)
    process.env[settingName('extraRegions')] = policy.extraRegions.join(',');
  try {
    startApp();
    return findRegion('atlantis');
  } finally {
    process.env = before;
    forgetServices();
  }
}

const SHOP = { tag: 'app=shop' };

/** For every value that a policy has: another one than its default, and a part of the app that then does something else. */
const OBEYED: {
  readonly [K in keyof Policy]: readonly [other: Policy[K], part: (policy: Policy) => unknown];
} = {
  offPeakOpens: ['23:30', windows],
  offPeakCloses: ['04:00', windows],
  ownWindows: [[{ name: 'noon', selector: SHOP, open: [{ opens: '12:00', closes: '14:00' }] }], windows],
  timeZoneTag: ['zone', windows],
  excludeTag: ['skip', takesPart],
  extraImages: [['contoso:appliance:*'], takesPart],
  imageProfile: ['current', takesPart],
  extraRegions: [['atlantis:Atlantic/Azores'], regionsLearnt],
  inventoryEverySeconds: [HOUR, effects.agenda],
  inventoryFewerPercent: [90, effects.listings],
  assessmentEverySeconds: [9 * DAY, effects.agenda],
  assessmentTimeoutSeconds: [2 * HOUR, effects.vmUpdates],
  assessmentPollFirstSeconds: [60, effects.vmUpdates],
  assessmentPollSeconds: [60, effects.vmUpdates],
  installPollFirstSeconds: [60, effects.vmUpdates],
  installPollLastSeconds: [900, effects.vmUpdates],
  soakSeconds: [HOUR, effects.vmUpdates],
  healthPollSeconds: [60, effects.vmUpdates],
  unknownTimeoutSeconds: [2 * HOUR, effects.vmUpdates],
  installMinimumSeconds: [2 * HOUR, effects.installs],
  installMaximumSeconds: [2 * HOUR, effects.installs],
  rebootReserveSeconds: [HOUR, effects.installs],
  installAmbiguitySeconds: [HOUR, effects.installs],
  fixedReleaseOsTypes: [[], effects.installs],
  hooks: [[{ name: 'change', on: 'beforeRound', timeoutSeconds: 10, answerMinutes: 60 }], effects.control],
  approvals: [[{ before: { phase: 1 }, validHours: 168 }], effects.control],
  bakeAfterCanarySeconds: [2 * DAY, effects.bakes],
  bakeSeconds: [2 * DAY, effects.bakes],
  claimPollFirstSeconds: [30, effects.waits],
  claimPollLastSeconds: [900, effects.waits],
  ticketLapseSeconds: [60, effects.waits],
  wakeFallbackSeconds: [600, effects.waits],
  enablementRetryFirstSeconds: [120, effects.enablement],
  enablementRetryLastSeconds: [120, effects.enablement],
  claimGraceSeconds: [60, effects.agenda],
  claimOverrunSeconds: [4 * HOUR, effects.overrun],
  rolloutDeadlineSeconds: [9 * DAY, effects.agenda],
  forecastTargetDays: [1, effects.plans],
  setSharePercent: [50, effects.rounds],
  setOneByOneBelow: [20, effects.rounds],
  standaloneSharePercent: [60, effects.plans],
  budgets: [[{ name: 'shop', selector: SHOP, max: 1 }], effects.plans],
  phasesMin: [2, effects.plans],
  canaryRegions: [['brazilsouth'], effects.plans],
  rings: [[{ name: 'ours', selector: SHOP }], effects.plans],
  batchSharePercents: [[50, 50], effects.plans],
  evidenceFirst: [20, effects.installsGranted],
  evidenceFactor: [2, effects.installsGranted],
  evidenceUnderWay: [2_000, effects.installsGranted],
  canaryVms: [1, effects.installsGranted],
  expectedUnhealthyPercent: [1.9, effects.decisionsOnEvidence],
  refusedUnhealthyPercent: [50, effects.decisionsOnEvidence],
  haltLikelihoodRatio: [10, effects.decisionsOnEvidence],
  firstResults: [100, effects.decisionsOnEvidence],
  firstResultsUnhealthyMin: [3, effects.decisionsOnEvidence],
  roundUnhealthyMin: [3, effects.decisionsOnEvidence],
  rolloutUnhealthyMax: [30, effects.decisionsOnEvidence],
  rolloutUnhealthyPercent: [5, effects.decisionsOnEvidence],
  failedPercent: [70, effects.decisionsOnEvidence],
  failedOf: [9, effects.decisionsOnEvidence],
  batchUnknownPercent: [50, effects.gates],
  phaseClosePercent: [95, effects.gates],
  phaseCloseAfterSeconds: [9 * DAY, effects.gates],
  phaseEvidencePercent: [50, effects.gates],
  attemptsMax: [9, effects.attempts],
};

const byDefault = new Map<(policy: Policy) => unknown, Promise<string>>();

async function effectOf(part: (policy: Policy) => unknown, policy: Policy): Promise<string> {
  const seen = JSON.stringify([await part(policy)]);
  return createHash('sha256').update(seen).digest('hex');
}

describe('every setting of the policy is obeyed: with another value the app does something else', () => {
  it.each(Policy.keyof().options)('%s', async (key) => {
    const [other, part] = OBEYED[key];
    const policy = Policy.parse({ ...defaultPolicy, [key]: other });
    const before = byDefault.get(part) ?? effectOf(part, defaultPolicy);
    byDefault.set(part, before);
    expect(await effectOf(part, defaultPolicy)).toBe(await before); // by the value alone, not by chance
    expect(await effectOf(part, policy)).not.toBe(await before);
  });
});
