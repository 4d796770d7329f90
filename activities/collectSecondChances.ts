import type { ApprovalFacts } from '../domain/approvals';
import { budgetMax, type Budget } from '../domain/budgets';
import { controlFor, type Halt, type RolloutControl } from '../domain/control';
import { installsLeft, noEvidence } from '../domain/evidence';
import { freezesOf, freezesOfStart } from '../domain/freezes';
import { holdsOf } from '../domain/holds';
import { dueAtSweepUtc } from '../domain/hourlySweep';
import type { RolloutId } from '../domain/ids';
import { imageFamilyOf } from '../domain/imageFamily';
import { addSeconds, earlier } from '../domain/instants';
import { isOpen, windowAtOrAfter, windowOpeningAfter } from '../domain/offPeak';
import { calendarOf } from '../domain/ownWindows';
import { outcomeOf } from '../domain/outcome';
import { isCatchUp, type PhaseId } from '../domain/phaseId';
import type { Policy } from '../domain/policy';
import { because, REASONS } from '../domain/reasons';
import { chance } from '../domain/seed';
import { selects } from '../domain/selector';
import { timeZoneOf } from '../domain/timeZone';
import type { VmReading } from '../drivers/driver';
import { roundSlot } from '../planning/roundSlot';
import { NEVER_UTC } from '../store/agenda';
import type { PhaseRecord } from '../store/rollouts';
import { chanceOf, type DueChance, type TakenChance } from '../store/secondChances';
import { isUsedUp } from './budgets/budgetMembers';
import { budgetSizesNow } from './budgets/budgetShares';
import * as contracts from './contracts';
import { approvalFacts, isForeign, rolloutOf } from './rollout/control';
import { saveOutcomes } from './rollout/saveOutcomes';
import { seenDue } from './fleet/seenDue';
import { type AnswerTo, servicesOf, type Services, wakingActivity } from './services';
import { isTimeUp, sideBySide } from './sideBySide';
import { wakeWhenComplete } from './rollout/wake';

/** So many VMs are looked at by one call: it ends within two minutes also on a slow platform. */
const TOGETHER_MAX = 60;

/** A VM that is off is looked at every hour through its first window; after that less often, at hours that differ from window to window. */
const LOOK_SECONDS = 3600;
const FIRST_LOOKS = 8;
const LATER_LOOK_SECONDS = 4 * 3600;

export const collectSecondChances = wakingActivity(
  contracts.collectSecondChances,
  async (services, { nowUtc, phase, seen: given }) => {
    const seen = await seenDue(services, 'secondChances', given);
    const rows = await services.secondChances.next(TOGETHER_MAX + 1);
    const due = rows.slice(0, TOGETHER_MAX).filter(({ dueUtc }) => dueUtc <= nowUtc);
    const look = new Look(services, nowUtc);
    const looked = await sideBySide(due, (from) => look.at(from));
    const moves = looked.filter((move) => move !== null);
    // Taken first, and put off then: a repeat after a crash in between finds them again, and takes the same ones.
    await services.secondChances.take(phase, look.taken);
    if (moves.length > 0) await services.secondChances.move(moves);
    const [following] = rows.slice(due.length);
    const more = moves.length < due.length || (following !== undefined && following.dueUtc <= nowUtc);
    if (!more) {
      const dueNext = [...moves.map(({ dueUtc }) => dueUtc), following?.dueUtc ?? null];
      const soonest = dueNext.map((dueUtc) => dueUtc ?? NEVER_UTC).reduce(earlier);
      await services.agenda.reschedule(seen, 'secondChances', soonest);
    }
    for (const rolloutId of look.gone) await wakeWhenComplete(services, rolloutId);
    const { policy } = services;
    return {
      more,
      catchUps: more ? [] : await catchUpsOf(services, phase),
      pace: contracts.Pace.parse(policy),
    };
  },
);

async function catchUpsOf(
  services: Services,
  phase: PhaseId,
): Promise<AnswerTo<typeof contracts.collectSecondChances>['catchUps']> {
  const catchUps = [];
  for (const { rolloutId, region } of await services.secondChances.regionsTaken(phase)) {
    const { endsUtc, epoch } = await rolloutOf(services, rolloutId);
    catchUps.push({ rolloutId, region, endsUtc, epoch });
  }
  return catchUps;
}

interface Move {
  readonly from: DueChance;
  readonly misses: number;
  /** Null when it waits no more. */
  readonly dueUtc: string | null;
}

interface RolloutRows {
  readonly control: RolloutControl | null;
  readonly halts: readonly Halt[];
  readonly approvals: ApprovalFacts | undefined;
  /** As the rollout has it. */
  readonly policy: Policy;
}

/** One call's look at the VMs that are due; the rows of their rollouts are read once. */
class Look {
  readonly taken: TakenChance[] = [];
  /** Rollouts that have one VM less to wait for. */
  readonly gone = new Set<RolloutId>();
  readonly #fullBudgets = new Map<Budget, Promise<boolean>>();
  #frozen: ReturnType<Services['freezes']['list']> | null = null;
  readonly #rows = new Map<RolloutId, Promise<RolloutRows>>();
  readonly #phases = new Map<RolloutId, Promise<readonly PhaseRecord[]>>();
  readonly #services: Services;
  readonly #nowUtc: string;
  readonly #startedUtc: string;

  constructor(services: Services, nowUtc: string) {
    this.#services = services;
    this.#nowUtc = nowUtc;
    this.#startedUtc = services.nowUtc();
  }

  /**
   * a deferred VM is caught up as soon as it can be reached; a failed one in the next off-peak hours, not in the same again. Null when a slow
   * platform has left no time to look at it: it stays due, and the next call begins with it.
   */
  async at(from: DueChance): Promise<Move | null> {
    const { control, halts, approvals, policy } = await this.#rowsOf(from.rolloutId);
    if (control === null) return { from, misses: 0, dueUtc: null };
    if (control.endedUtc !== null || control.mode === 'cancelled') return { from, misses: 0, dueUtc: null };
    if (isForeign(control, this.#services.hub)) return this.#later(from);
    if (controlFor(control, halts, from, this.#nowUtc, approvals).kind !== 'go') return this.#later(from);
    if (WAITS_FOR_ITS_PHASE.has(from.reason) && !hasPassed(await this.#phasesOf(from.rolloutId), from.phase))
      return this.#later(from);
    if (!(await this.#isLatest(from))) return { from, misses: 0, dueUtc: null };
    if (isTimeUp(this.#services, this.#startedUtc)) return null;
    // One that cannot be read now, perhaps for days, keeps no other waiting: these are looked at in one order, over all rollouts.
    const reading = await this.#services.driver
      .readVirtualMachine(from.vmId)
      .catch(() => 'unreadable' as const);
    if (reading === 'unreadable') return this.#later(from);
    if (reading === null) return this.#withoutVm(from);
    return this.#read(from, reading, control.endsUtc, policy);
  }

  async #read(
    from: DueChance,
    { vm, powerState, agent }: VmReading,
    endsUtc: string,
    policy: Policy,
  ): Promise<Move> {
    const nowUtc = this.#nowUtc;
    const { zone } = timeZoneOf(vm, policy);
    const timeZone = calendarOf(zone, vm, policy);
    const window = windowAtOrAfter(timeZone, policy, nowUtc);
    if (!isOpen(window, nowUtc)) return { from, misses: from.misses, dueUtc: window.opensUtc };
    const nextWindow = (): Move => ({
      from,
      misses: from.misses,
      dueUtc: this.#inNextWindow(from, timeZone, policy),
    });
    if (REASONS[from.reason].kind === 'failed' && window.opensUtc <= from.atUtc) return nextWindow();
    if (from.reason === 'evidenceLimit' && !(await this.#hasEvidence(from.rolloutId, vm)))
      return this.#later(from);
    const slot = roundSlot([timeZone], { nowUtc, freshAfterUtc: null, endsUtc }, policy);
    if (slot === null || slot.opensUtc > nowUtc) return nextWindow();
    const freezes = freezesOfStart(freezesOf(await this.#freezes(), vm, zone), nowUtc, policy);
    if (holdsOf({ nowUtc, policy, freezes }).length > 0) return this.#later(from);
    const isReachable = holdsOf({ nowUtc, policy, powerState, agentStatus: agent.status }).length === 0;
    const agentHolds = holdsOf({ nowUtc, policy, vm, agentVersion: agent.version });
    // Only its owner updates an agent: with an old one each catch-up would end as the one before, every hour.
    if (
      !isReachable ||
      agentHolds.some(({ reason }) => reason === 'agentOutdated') ||
      (await this.#isOfFullBudget(vm, policy))
    ) {
      const lookUtc = dueAtSweepUtc(nowUtc, from.misses < FIRST_LOOKS ? LOOK_SECONDS : LATER_LOOK_SECONDS);
      const dueUtc = lookUtc < slot.acquireByUtc ? lookUtc : this.#inNextWindow(from, timeZone, policy);
      return { from, misses: from.misses + 1, dueUtc };
    }
    this.taken.push({ ...chanceOf(from), misses: 0, timeZone });
    return { from, misses: 0, dueUtc: window.closesUtc };
  }

  /** A VM that was taken has a row for the end of its window; when its catch-up has ended, there is another, of a later outcome. */
  async #isLatest({ rolloutId, vmId, atUtc }: DueChance): Promise<boolean> {
    const outcome = await this.#services.outcomes.read(rolloutId, vmId);
    return outcome?.waits === true && outcome.atUtc === atUtc;
  }

  /** A catch-up would end it as it was, in each window again. */
  async #isOfFullBudget(vm: VmReading['vm'], { budgets }: Policy): Promise<boolean> {
    const own = budgets.filter(({ selector }) => selects(selector, vm));
    const full = await sideBySide(own, (budget) => {
      const known = this.#fullBudgets.get(budget) ?? this.#isFull(budget);
      this.#fullBudgets.set(budget, known);
      return known;
    });
    return full.includes(true);
  }

  async #isFull(budget: Budget): Promise<boolean> {
    const sizes = await budgetSizesNow(this.#services);
    return isUsedUp(this.#services, budget, budgetMax(budget, sizes.get(budget.name) ?? null));
  }

  /** VMs of a region are looked at together. */
  #inNextWindow({ misses, region }: DueChance, timeZone: string, policy: Policy): string {
    const { opensUtc } = windowOpeningAfter(timeZone, policy, this.#nowUtc);
    if (misses < FIRST_LOOKS) return opensUtc;
    return addSeconds(opensUtc, chance('second chance', region, opensUtc) * LATER_LOOK_SECONDS);
  }

  #later(from: DueChance): Move {
    return { from, misses: from.misses, dueUtc: dueAtSweepUtc(this.#nowUtc, LOOK_SECONDS) };
  }

  /** A VM that the platform does not know waits until the inventory has seen so, too; then it has its outcome. */
  async #withoutVm(from: DueChance): Promise<Move> {
    const { rolloutId, vmId, region, phase } = from;
    if ((await this.#services.inventory.read(vmId)) !== null) return this.#later(from);
    await saveOutcomes(this.#services, rolloutId, [
      { ...outcomeOf(vmId, this.#nowUtc, because('vmDeleted')), phase, region, installation: null },
    ]);
    this.gone.add(rolloutId);
    return { from, misses: 0, dueUtc: null };
  }

  /** A VM that was held back for want of evidence goes on as soon as its family has proven enough, whatever its phase has come to. */
  async #hasEvidence(id: RolloutId, vm: VmReading['vm']): Promise<boolean> {
    const { evidence, policy } = this.#services;
    const { families } = await evidence.read(id);
    return installsLeft(families[imageFamilyOf(vm)] ?? noEvidence, policy) > 0;
  }

  #freezes(): ReturnType<Services['freezes']['list']> {
    this.#frozen ??= this.#services.freezes.list();
    return this.#frozen;
  }

  #rowsOf(id: RolloutId): Promise<RolloutRows> {
    const known = this.#rows.get(id) ?? this.#readRows(id);
    this.#rows.set(id, known);
    return known;
  }

  async #readRows(id: RolloutId): Promise<RolloutRows> {
    const { rollouts, policy } = await servicesOf(this.#services, id);
    const [control, approvals] = await Promise.all([rollouts.read(id), approvalFacts(this.#services, id)]);
    const halts = control === null ? [] : await rollouts.haltsOf(control);
    return { control, halts, approvals, policy };
  }

  #phasesOf(id: RolloutId): Promise<readonly PhaseRecord[]> {
    const known = this.#phases.get(id) ?? this.#services.rollouts.phases(id);
    this.#phases.set(id, known);
    return known;
  }
}

/** VMs that came late, or were moved, wait until their own phase has proven something. */
const WAITS_FOR_ITS_PHASE: ReadonlySet<string> = new Set(['joinedLate', 'moved']);

function hasPassed(phases: readonly PhaseRecord[], phase: PhaseId): boolean {
  return isCatchUp(phase) || phases.find((record) => record.phase === phase)?.gate?.kind === 'open';
}
