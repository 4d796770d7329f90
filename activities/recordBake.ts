import type { z } from 'zod';
import { controlFor } from '../domain/control';
import type { RolloutId, VmId } from '../domain/ids';
import { imageFamilyOf, type ImageFamily } from '../domain/imageFamily';
import { Outcome, outcomeOf } from '../domain/outcome';
import { because } from '../domain/reasons';
import { pairComponent } from '../domain/regions';
import { isBakedTo, type BakeSeen, type RolloutEvidence } from '../domain/rolloutEvidence';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { HealthProbe } from '../drivers/driver';
import type { KeptOutcome } from '../store/outcomes';
import { countAsDown } from './budgets/budgetMembers';
import type { BakeCursor } from './contracts';
import * as contracts from './contracts';
import { probeVm } from './fleet/probeVm';
import { rolloutOf } from './rollout/control';
import { expectProbes } from './round/expectClaim';
import { tellBakeSeen } from './round/roundEvidence';
import { saveOutcomes } from './rollout/saveOutcomes';
import { activity, type AnswerTo, type Services } from './services';
import { sideBySide } from './sideBySide';

type Answer = AnswerTo<typeof contracts.recordBake>;

/** What the calls so far have found; filled as they go. */
interface Found {
  probed: number;
  /** As far as the look was counted before this call. */
  readonly countedTo: RolloutEvidence['bakedTo'];
  /** By family and region: found healthy still, and not counted yet. */
  readonly healthy: Map<string, { readonly family: ImageFamily; readonly region: string; count: number }>;
  readonly unknown: VmId[];
  readonly unhealthy: Answer['unhealthy'][number][];
}

/** VMs that are probed before it is looked how many of them an answer has to name. */
const PROBED_TOGETHER = 8;
/** VMs of one call: half a minute with a slow platform. */
const CALL_VMS_MAX = 320;
/** An unhealthy VM is some 1,200 bytes of the answer: with those that were probed together at most eleven. */
const NAMED_MAX = 4;

export const recordBake = activity(contracts.recordBake, async (services, input): Promise<Answer> => {
  const { rolloutId, phase, from, again } = input;
  const control = await rolloutOf(services, rolloutId);
  const halts = await services.rollouts.haltsOf(control);
  // A rollout that is over judges nothing any more.
  if (controlFor(control, halts, { phase, region: null }, services.nowUtc()).kind === 'stop')
    return { probed: 0, unknown: [], unhealthy: [], next: null };
  const { bakedTo: countedTo } = await services.evidence.read(rolloutId);
  const found: Found = { probed: 0, countedTo, healthy: new Map(), unknown: [], unhealthy: [] };
  const vms = again === null ? vmsFrom(services, input, from) : listed(again);
  for (;;) {
    const { items, next, through } = await vms.take(PROBED_TOGETHER);
    await probeTogether(services, input, { items, through }, found);
    const named = found.unhealthy.length + found.unknown.length;
    if (next !== null && named < NAMED_MAX && found.probed < CALL_VMS_MAX) continue;
    if (found.healthy.size > 0) await tellFound(services, input, through, found, []);
    const { probed, unknown, unhealthy } = found;
    return { probed, unknown, unhealthy, next };
  }
});

/** VMs that are probed together. */
interface Group {
  readonly items: readonly VmId[];
  /** The last of them in the order of the phase; null where VMs are asked again. */
  readonly through: BakeCursor | null;
}

interface VmSource {
  readonly take: (count: number) => Promise<Group & { readonly next: BakeCursor | null }>;
}

function listed(vmIds: readonly VmId[]): VmSource {
  return { take: () => Promise.resolve({ items: vmIds, through: null, next: null }) };
}

/** The VMs of a phase in the order of its rounds' rows. */
function vmsFrom(
  { plans }: Services,
  { rolloutId, phase }: Pick<Input, 'rolloutId' | 'phase'>,
  from: BakeCursor | null,
): VmSource {
  let cursor = from;
  return {
    take: async (count) => {
      const [current, following] = await plans.roundsFrom(rolloutId, phase, cursor?.row ?? null, 2);
      if (current === undefined) return { items: [], through: null, next: null };
      const start = cursor?.vm ?? 0;
      const items = current.round.vmIds.slice(start, start + count);
      const end = start + items.length;
      cursor =
        end < current.round.vmIds.length
          ? { row: current.row, vm: end }
          : following === undefined
            ? null
            : { row: following.row, vm: 0 };
      return { items, through: { row: current.row, vm: end }, next: cursor };
    },
  };
}

type Input = z.output<typeof contracts.recordBake.input>;

interface Turned {
  readonly kept: KeptOutcome;
  readonly probe: Pick<HealthProbe, 'answer' | 'because'>;
}

const AFTER_BAKE = 'after the bake: ';

/** A call before this one found it, and its answer was lost: nothing holds its set yet. The bake comes by each VM once. */
const wasFound = ({ kind, facts }: KeptOutcome): boolean =>
  kind === 'unhealthy' && String(facts?.['because'] ?? '').startsWith(AFTER_BAKE);

/**
 * Evidence first, the outcome last: what a crash in between leaves is found as patched again, and is counted once. What has its outcome is named
 * again: what it was named for may not have been done.
 */
async function probeTogether(
  services: Services,
  input: Input,
  { items, through }: Group,
  answer: Found,
): Promise<void> {
  const { rolloutId, isLast } = input;
  const place = placeOf(input, through);
  const isNew = place !== null && !isBakedTo(answer.countedTo, place);
  const turned: Turned[] = [];
  await sideBySide(items, async (vmId) => {
    const kept = await services.outcomes.read(rolloutId, vmId);
    if (kept !== null && wasFound(kept)) {
      answer.probed += 1;
      const outcome = Outcome.parse(kept);
      await name(services, answer, rolloutId, { kept, vm: await services.inventory.read(vmId), outcome });
    }
    if (kept?.kind !== 'patched') return;
    const probe = await probeVm(services, vmId);
    answer.probed += 1;
    // A VM that is gone, or that its owner stopped, says nothing of its update.
    if (probe?.answer === 'healthy' && isNew) countHealthy(answer, await services.inventory.read(vmId));
    if (probe === null || probe.answer === 'healthy' || probe.answer === 'stopped') return;
    if (probe.answer === 'unknown' && !isLast) answer.unknown.push(vmId);
    else turned.push({ kept, probe });
  });
  if (turned.length === 0) return;
  await countAsDown(
    services,
    turned.map(({ kept }) => kept.vmId),
  );
  const atUtc = services.nowUtc();
  const found = await Promise.all(
    turned.map(async ({ kept, probe }) => {
      const vm = await services.inventory.read(kept.vmId);
      const why = because(probe.answer === 'unknown' ? 'unknownTooLong' : 'unhealthyAfterUpdate', {
        because: `${AFTER_BAKE}${probe.because}`,
      });
      return { kept, probe, vm, outcome: outcomeOf(kept.vmId, atUtc, why) };
    }),
  );
  await tellFound(
    services,
    input,
    through,
    answer,
    found.flatMap(({ kept: { vmId, region }, vm }) =>
      vm === null ? [] : [{ vm: vmId, atUtc, region, family: imageFamilyOf(vm) }],
    ),
  );
  await saveOutcomes(
    services,
    rolloutId,
    found.map(({ kept, outcome }) => ({
      ...outcome,
      phase: kept.phase,
      region: kept.region,
      installation: kept.installation,
    })),
  );
  for (const one of found) await name(services, answer, rolloutId, one);
}

function countHealthy({ healthy }: Found, vm: VirtualMachine | null): void {
  if (vm === null) return;
  const [family, { region }] = [imageFamilyOf(vm), vm];
  const key = `${family} ${region}`;
  healthy.set(key, { family, region, count: (healthy.get(key)?.count ?? 0) + 1 });
}

/** Counts what was found healthy since the last time, and then what was not. */
async function tellFound(
  services: Services,
  input: Input,
  through: BakeCursor | null,
  { healthy }: Found,
  turned: BakeSeen['turned'],
): Promise<void> {
  const { rolloutId, phase } = input;
  const bakedTo = placeOf(input, through);
  await tellBakeSeen(services, { rolloutId, phase }, { bakedTo, healthy: [...healthy.values()], turned });
  healthy.clear();
}

const placeOf = ({ phase }: Input, through: BakeCursor | null): RolloutEvidence['bakedTo'] =>
  through === null ? null : [phase, through.row, through.vm];

interface FoundUnhealthy {
  readonly kept: KeptOutcome;
  readonly vm: VirtualMachine | null;
  readonly outcome: Outcome;
}

/** In the answer, for its set to be held. */
async function name(
  services: Services,
  answer: Found,
  rolloutId: RolloutId,
  { kept, vm, outcome }: FoundUnhealthy,
): Promise<void> {
  const { vmId, region, installation } = kept;
  await expectProbes(services, region);
  answer.unhealthy.push({
    vmId,
    availabilitySetId: vm?.availabilitySetId ?? null,
    region,
    ledger: pairComponent(region),
    event: {
      kind: 'ended',
      rolloutId,
      outcome,
      assessment: null,
      installation,
      health: {
        answer: outcome.reason === 'unknownTooLong' ? 'unknown' : 'unhealthy',
        because: String(outcome.facts?.['because'] ?? '').slice(AFTER_BAKE.length),
        atUtc: outcome.atUtc,
      },
    },
  });
}
