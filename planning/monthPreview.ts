import { neededApprovals } from '../domain/approvals';
import type { Freeze } from '../domain/freezes';
import type { Month, VmId } from '../domain/ids';
import { later } from '../domain/instants';
import { phaseIdOf } from '../domain/phaseId';
import type { Policy } from '../domain/policy';
import { endsUtcOf, releaseOf, targetUtcOf } from '../domain/release';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { BudgetsDown } from './budgets';
import { heldThroughout } from './heldVms';
import type { Plan } from './plan';
import { makePlan, type PlannedEmergency } from './makePlan';
import { previewBudgets } from './previewBudgets';
import {
  previewRows,
  sharesOf,
  turnsOf,
  type Finish,
  type PreviewRow,
  type Share,
  type Turn,
} from './previewPlan';

/** Rows a page, and so many are named of what is late, moved, added or removed; the rest is counted. */
export const PREVIEW_PAGE = 500;
export const NAMED_MAX = 100;

export interface PreviewQuestion {
  readonly vms: readonly VirtualMachine[];
  readonly month: Month;
  readonly policy: Policy;
  readonly freezes: readonly Freeze[];
  readonly nowUtc: string;
  /** Members of budgets that are down by themselves. */
  readonly budgetsDown: BudgetsDown;
  /** An emergency rollout instead of the month's own; `policy` is its own. */
  readonly emergency?: PlannedEmergency;
}

/** A month as it will be, in a form in which any part of the fleet is soon counted. */
export interface MonthPreview {
  readonly plan: Plan;
  readonly policy: Policy;
  /** By start. */
  readonly rows: readonly PreviewRow[];
  /** Of each row the place of its VM in the fleet that was asked about. */
  readonly vmOfRow: Int32Array;
  /** The rows by end. */
  readonly byEnd: Int32Array;
  readonly placeOf: ReadonlyMap<VmId, number>;
  /** How near its disruption budgets the month comes. */
  readonly budgets: ReturnType<typeof previewBudgets>;
  readonly shares: readonly (Share & { readonly vms: readonly number[] })[];
}

/** As the rollout of the month would plan it now, or at its release: the same planner, policy, seed and freezes. */
export function monthPreview(question: PreviewQuestion): MonthPreview {
  const { vms, month, policy, freezes, nowUtc, budgetsDown, emergency } = question;
  const fromUtc = later(emergency?.releasedUtc ?? releaseOf(month), nowUtc);
  const endsUtc = emergency?.endsUtc ?? endsUtcOf(month, policy);
  const held = heldThroughout(vms, freezes, policy, { nowUtc: fromUtc, endsUtc });
  const plan = makePlan({
    vms,
    month,
    policy,
    seed: emergency?.rolloutId ?? month,
    nowUtc: fromUtc,
    held,
    budgetsDown,
    ...(emergency !== undefined && { emergency }),
  });
  const byId = new Map(vms.map((vm) => [vm.id, vm]));
  const rows = previewRows(plan, byId, freezes, policy);
  const placeOf = new Map(vms.map(({ id }, place) => [id, place]));
  const ends = rows.map(({ expectedEndUtc }) => expectedEndUtc);
  const byEnd = Int32Array.from(rows.keys()).sort((a, b) => ((ends[a] ?? '') < (ends[b] ?? '') ? -1 : 1));
  return {
    plan,
    policy,
    rows,
    vmOfRow: Int32Array.from(rows, ({ vmId }) => placeOf.get(vmId) ?? -1),
    byEnd,
    placeOf,
    budgets: previewBudgets(plan, policy, byId, budgetsDown),
    shares: sharesOf(plan, policy).map(({ vmIds, ...share }) => ({
      ...share,
      vms: vmIds.flatMap((id) => placeOf.get(id) ?? []),
    })),
  };
}

/** Whether the VM at this place of the fleet is asked about. */
export type IsWanted = (place: number) => boolean;

export interface PreviewAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly matchedCount: number;
}

/** Every VM of a fleet. */
export const EVERY: IsWanted = () => true;

/** By the preview, the VMs that were asked about, and where the page begins: a preview is never changed. */
const ANSWERS = new WeakMap<MonthPreview, WeakMap<IsWanted, Map<string, PreviewAnswer>>>();
const PAGES_MAX = 10;

/** What a preview says of some of the VMs: a page of their rows, and all of them counted. Of the same `isWanted` it is counted once. */
export function previewAnswer(
  preview: MonthPreview,
  isWanted: IsWanted,
  after: number,
  take = PREVIEW_PAGE,
): PreviewAnswer {
  const answers = ANSWERS.get(preview) ?? new WeakMap<IsWanted, Map<string, PreviewAnswer>>();
  ANSWERS.set(preview, answers);
  const pages = answers.get(isWanted) ?? new Map<string, PreviewAnswer>();
  answers.set(isWanted, pages);
  const page = `${after}~${take}`;
  const known = pages.get(page);
  if (known !== undefined) return known;
  if (pages.size >= PAGES_MAX) pages.clear();
  const made = answerOf(preview, isWanted, after, take);
  pages.set(page, made);
  return made;
}

function answerOf(preview: MonthPreview, isWanted: IsWanted, after: number, take: number): PreviewAnswer {
  const { plan, policy, rows, placeOf, budgets, shares } = preview;
  const counts = countRows(preview, isWanted, after, take);
  const { matchedCount, byRegion, heldCount, value } = counts;
  const isWantedId = (id: VmId): boolean => isWanted(placeOf.get(id) ?? -1);
  const approvals = approvalsOf(preview);
  const late = plan.late.filter(({ vmId }) => isWantedId(vmId));
  const body = {
    month: plan.month,
    releasedUtc: plan.releasedUtc,
    endsUtc: plan.endsUtc,
    targetUtc: targetUtcOf(plan.releasedUtc, policy),
    vmCount: plan.vmCount,
    matchedCount,
    finish: finishOf(preview, isWanted, matchedCount),
    phases: plan.phases.map(({ phase, ring, vmCount, expectedStartUtc, expectedEndUtc, regions }, n) => {
      const matched = regions.map(({ region }) => byRegion.get(`phase-${phase}~${region}`) ?? 0);
      return {
        phase: `phase-${phase}`,
        ring: ring ?? null,
        approval: approvals[n] ?? null,
        vmCount,
        matchedCount: matched.reduce((a, b) => a + b, 0),
        expectedStartUtc,
        expectedEndUtc,
        regions: regions.map((region, n) => ({
          region: region.region,
          vmCount: region.vmCount,
          matchedCount: matched[n] ?? 0,
          roundCount: region.stages.reduce(
            (sum, { groups }) => sum + groups.reduce((ofStage, { rounds }) => ofStage + rounds.length, 0),
            0,
          ),
          expectedStartUtc: region.expectedStartUtc,
          expectedEndUtc: region.expectedEndUtc,
        })),
      };
    }),
    budgets,
    shares: shares
      .filter(({ vms }) => vms.some(isWanted))
      .slice(0, NAMED_MAX)
      .map(({ vms: _vms, ...share }) => share),
    late: { count: late.length, value: late.slice(0, NAMED_MAX) },
    heldCount,
    ineligible: countsOf(plan.ineligible.filter(({ vmId }) => isWantedId(vmId)).map(({ reason }) => reason)),
    value: value.map((n) => rows[n]),
  };
  return { body, matchedCount };
}

/** What asks for an approval before each phase, and by when it must be given for the dates to hold; null where nothing does. */
function approvalsOf({
  plan,
  policy,
}: MonthPreview): readonly ({ readonly rule: string; readonly byUtc: string } | null)[] {
  const phases = plan.phases.map(({ phase, vmCount, ring }) => ({
    phase: phaseIdOf(phase),
    vmCount,
    startedUtc: null,
    ring: ring ?? null,
  }));
  const needed = neededApprovals({ rules: policy.approvals, phases, given: [] }, plan.releasedUtc);
  return plan.phases.map(({ expectedStartUtc: byUtc }, n) => {
    const found = needed.find(({ phase }) => phase === phases[n]?.phase);
    return found === undefined ? null : { rule: found.rule, byUtc };
  });
}

interface RowCounts {
  readonly matchedCount: number;
  readonly heldCount: number;
  /** `phase~region`. */
  readonly byRegion: ReadonlyMap<string, number>;
  /** Numbers of the rows of the page. */
  readonly value: readonly number[];
}

function countRows(
  { rows, vmOfRow }: MonthPreview,
  isWanted: IsWanted,
  after: number,
  take: number,
): RowCounts {
  const byPhase = new Map<string, Map<string, number>>();
  const value: number[] = [];
  let [matchedCount, heldCount] = [0, 0];
  for (const [n, { phase, region, heldUntilUtc }] of rows.entries()) {
    if (!isWanted(vmOfRow[n] ?? -1)) continue;
    let regions = byPhase.get(phase);
    if (regions === undefined) byPhase.set(phase, (regions = new Map<string, number>()));
    regions.set(region, (regions.get(region) ?? 0) + 1);
    if (heldUntilUtc !== null) heldCount += 1;
    if (matchedCount >= after && value.length < take) value.push(n);
    matchedCount += 1;
  }
  const byRegion = new Map(
    [...byPhase].flatMap(([phase, regions]) =>
      [...regions].map(([region, count]) => [`${phase}~${region}`, count] as const),
    ),
  );
  return { matchedCount, heldCount, byRegion, value };
}

/** By when half of them, 95 of 100, all of them are expected to be done. */
function finishOf({ rows, vmOfRow, byEnd }: MonthPreview, isWanted: IsWanted, count: number): Finish {
  const at = [0.5, 0.95, 1].map((share) => Math.max(1, Math.ceil(count * share)));
  const found: (string | null)[] = [null, null, null];
  let seen = 0;
  for (const n of byEnd) {
    if (!isWanted(vmOfRow[n] ?? -1)) continue;
    seen += 1;
    for (const [which, number] of at.entries())
      if (seen === number) found[which] = rows[n]?.expectedEndUtc ?? null;
  }
  return { p50Utc: found[0] ?? null, p95Utc: found[1] ?? null, lastUtc: found[2] ?? null };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export const turnsOfPreview = ({ rows, plan }: MonthPreview): Turn[] => turnsOf(rows, plan.releasedUtc);
