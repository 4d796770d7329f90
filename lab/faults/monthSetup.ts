import type { GeneratedFleet } from '../../fleets/generateFleet';
import { Policy } from '../../domain/policy';
import { Month } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { Scenario, type EffectKind } from '../../drivers/simulated/scenario';
import { settingName } from '../../composition/settings';
import { randomOf, type FaultKind } from './faults';
import { BUDGET_APPS, BUDGET_TAG, hasBudgets } from './fleetShapes';
import { DAY_MS } from '../../domain/timeUnits';

/** What a seed decides: the month, the policy, the scenario of the fleet, and how frequent faults are. */
export interface MonthSetup {
  readonly seed: number;
  readonly vms: number;
  readonly month: Month;
  readonly fromMs: number;
  /** From then on nothing fails any more: the rollout has to come to its end. */
  readonly calmMs: number;
  readonly untilMs: number;
  readonly policy: Policy;
  /** Settings of the app that say this policy. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: made up from the seed. */
  readonly scenario?: Scenario;
  readonly fleet?: GeneratedFleet;
  readonly intensity: number;
  /** Crashes of the host in the month. */
  readonly crashes: number;
  /** From some instant on the app is deployed with another policy. Null: it never is. */
  readonly redeployment: Redeployment | null;
}

export interface Redeployment {
  readonly atMs: number;
  readonly soakSeconds: number;
  readonly assessmentEverySeconds: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** a rollout is over thirty days after its release at the latest; half a day more, and its last poll has seen it. */
const MONTH_DAYS = 30;
const CALM_DAY = 24;
const FIRST_YEAR = 2025;
const YEARS = 4; // leap day 2028-02-29 included
/** A month with crashes is run from a journal, which costs twice as much again: so one month in so many has them. */
const CRASHES_ONE_IN = 10;
const CRASHES_MAX = 3;

export function monthSetupOf(seed: number, vms: number): MonthSetup {
  const random = randomOf(seed, 'scene');
  const year = FIRST_YEAR + Math.floor(random() * YEARS);
  const month = Month.parse(`${year}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}`);
  const fromMs = Date.parse(releaseOf(month));
  const policy = { ...policyOf(random), budgets: budgetsOf(seed, vms) };
  const intensity = [0.3, 1, 1, 2][Math.floor(random() * 4)] ?? 1;
  const crashes = seed % CRASHES_ONE_IN === 0 ? 1 + Math.floor(random() * CRASHES_MAX) : 0;
  const calmMs = fromMs + CALM_DAY * DAY_MS;
  return {
    seed,
    vms,
    month,
    fromMs,
    policy,
    intensity,
    calmMs,
    untilMs: fromMs + MONTH_DAYS * DAY_MS + DAY_MS / 2,
    environment: settingsOf(policy),
    crashes,
    redeployment: crashes > 0 ? redeploymentOf(policy, fromMs, calmMs, randomOf(seed, 'redeployment')) : null,
  };
}

/** The operator changes every setting that may change while a rollout is in flight; the others are part of its plan. */
function redeploymentOf(policy: Policy, fromMs: number, calmMs: number, random: () => number): Redeployment {
  const { soakSeconds, unknownTimeoutSeconds, bakeAfterCanarySeconds, bakeSeconds, ...other } =
    policyOf(random);
  const { assessmentEverySeconds, installMinimumSeconds, phaseClosePercent, claimGraceSeconds } = other;
  return {
    atMs: fromMs + random() ** 2 * (calmMs - fromMs),
    soakSeconds,
    assessmentEverySeconds,
    environment: settingsOf({
      ...policy,
      soakSeconds,
      unknownTimeoutSeconds,
      bakeAfterCanarySeconds,
      bakeSeconds,
      assessmentEverySeconds,
      installMinimumSeconds,
      phaseClosePercent,
      claimGraceSeconds,
    }),
  };
}

/** Of seeds whose fleet has them, a budget for each application in the fleet's tags; often smaller than what of it is off. */
function budgetsOf(seed: number, vms: number): Policy['budgets'] {
  if (!hasBudgets(seed)) return [];
  const random = randomOf(seed, 'budgets');
  return BUDGET_APPS.map((name) => ({
    name,
    selector: { tag: `${BUDGET_TAG}=${name}` },
    max: pickOf([1, Math.ceil(vms / 30), Math.ceil(vms / 15), Math.ceil(vms / 8)], random),
  }));
}

const OFF_PEAK = [
  ['22:00', '06:00'],
  ['22:00', '06:00'],
  ['23:30', '04:15'],
  ['19:00', '07:00'],
  ['00:00', '05:00'],
  ['01:30', '04:00'],
  ['00:00', '00:00'],
] as const;

/** Policies an operator might choose; bounds that the app promises hold for all of them. */
function policyOf(random: () => number): Policy {
  const pick = <T>(items: readonly T[]): T => pickOf(items, random);
  const [offPeakOpens, offPeakCloses] = pick(OFF_PEAK);
  const phasesMin = pick([1, 3, 4, 4]);
  return Policy.parse({
    offPeakOpens,
    offPeakCloses,
    phasesMin,
    setSharePercent: pick([20, 20, 10, 34]),
    setOneByOneBelow: pick([10, 10, 0]),
    soakSeconds: pick([900, 900, 300, 3600]),
    unknownTimeoutSeconds: pick([3600, 1800]),
    bakeAfterCanarySeconds: pick([43_200, 3600, 0]),
    bakeSeconds: pick([null, null, 0, 7200]),
    batchSharePercents: pick([[5, 25, 70], [100], [10, 90], [34, 33, 33]]),
    assessmentEverySeconds: pick([259_200, 259_200, 86_400]),
    installMinimumSeconds: pick([3600, 1800]),
    phaseClosePercent: pick([90, 90, 70, 100]),
    claimGraceSeconds: pick([5400, 0, 10_800]),
  });
}

/** One of several; there is at least one. */
function pickOf<T>(items: readonly T[], random: () => number): T {
  const at = Math.floor(random() * items.length);
  return items[at] as T;
}

/** The settings that say a policy; what is the default is left out. */
export function settingsOf(policy: Policy): Record<string, string> {
  const settings: Record<string, string> = {};
  const usual = Policy.parse({});
  for (const [key, value] of Object.entries(policy)) {
    if (JSON.stringify(value) === JSON.stringify(usual[key as keyof Policy])) continue;
    settings[settingName(key)] = settingText(key, value);
  }
  return settings;
}

function settingText(key: string, value: unknown): string {
  if (value === null) return 'nextWindow';
  if (Array.isArray(value))
    return value.some((one) => typeof one === 'object') ? JSON.stringify(value) : value.join(',');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return key.endsWith('Seconds') ? `PT${text}S` : text;
}

/** What may befall a fleet: kind, percent of the VMs at most, percent of the occasions, minutes at most. */
const EFFECTS: readonly (readonly [EffectKind, share: number, percent: number, minutes: number])[] = [
  ['poweredOff', 10, 100, 6000],
  ['agentLost', 10, 100, 6000],
  ['unhealthy', 4, 100, 3000],
  ['throttled', 50, 15, 0],
  ['assessmentFails', 10, 60, 0],
  ['installFails', 20, 60, 0],
  ['installHangs', 10, 60, 0],
  ['slowInstall', 30, 60, 0],
  ['patchFails', 20, 30, 0],
  ['rebootHangs', 6, 60, 3000],
  ['unhealthyAfterUpdate', 6, 60, 3000],
  ['healthUnknown', 8, 60, 3000],
  ['healthFlaps', 8, 60, 3000],
  ['agentSilentAfterUpdate', 8, 60, 3000],
  ['answerLost', 20, 20, 0],
  ['operationLost', 20, 20, 0],
];
const EFFECTS_MAX = 6;

/** What befalls the fleet of a seed. */
export function scenarioOf(seed: number, intensity: number, allowed: ReadonlySet<FaultKind>): Scenario {
  const random = randomOf(seed, 'scenario');
  const count = !allowed.has('scenario') ? 0 : Math.floor(random() * (EFFECTS_MAX + 1) * intensity);
  const effects = Array.from({ length: count }, () => {
    const [what, share, percent, minutes] = pickOf(EFFECTS, random);
    const fromDay = Math.floor(random() * 15);
    return {
      who: { share: Math.ceil(random() * share) },
      what,
      when: { fromDay, toDay: fromDay + Math.floor(random() * (24 - fromDay)) },
      percent: Math.ceil(random() * percent),
      ...(minutes > 0 && { forMinutes: Math.ceil(random() * minutes) }),
    };
  });
  return Scenario.parse({ name: `torture-${seed}`, description: 'Made by torture.', effects });
}
