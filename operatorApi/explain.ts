import { z } from 'zod';
import { servicesOf, type Services } from '../activities/services';
import { Utc, VmId } from '../domain/ids';
import { HealthAnswer, HealthSignals } from '../domain/health';
import { imageFamilyOf } from '../domain/imageFamily';
import { addSeconds } from '../domain/instants';
import { ListedPatch } from '../domain/patches';
import { FactValue, OutcomeKind, OutcomeReason } from '../domain/reasons';
import type { VirtualMachine } from '../domain/virtualMachine';
import { explainVm } from '../planning/explainVm';
import { KeptOutcome } from '../store/outcomes';
import { ROLLOUT, rolloutAsked } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { named, VM_ID } from './shapes/shared';
import { vmOf } from './virtualMachines';
import { sharedFacts, type SharedFacts } from './sharedFacts';
import { factsOf } from './vmFacts';

export const PlaceShape = named(
  'Place',
  z.object({
    phase: z.string(),
    region: z.string(),
    stage: z.string(),
    group: z.string(),
    round: z.number().int(),
    expectedStartUtc: Utc,
    expectedEndUtc: Utc,
  }),
  'The place of a VM in a plan.',
);

const Explanation = named(
  'Explanation',
  z.object({
    vmId: VmId,
    asOfUtc: Utc,
    /** IANA name of the zone that its off-peak hours are in. */
    timeZone: z.string(),
    rolloutId: z.string().nullable(),
    state: z.enum(['noRollout', 'notTakingPart', 'waiting', 'held', 'inProgress', 'done']),
    sentence: z.string(),
    holds: z.array(
      z.object({
        reason: OutcomeReason,
        kind: OutcomeKind,
        detail: z.string(),
        facts: z.record(z.string(), FactValue),
        sinceUtc: Utc.nullable(),
        unblocks: z.object({ by: z.enum(['time', 'owner', 'operator', 'none']), what: z.string() }),
      }),
    ),
    place: PlaceShape.nullable(),
    start: z.object({ earliestUtc: Utc, expectedUtc: Utc.nullable(), latestUtc: Utc }).nullable(),
    /** When its 30 days end. */
    deadlineUtc: Utc.nullable(),
    /** When its rollout ends: that of a month at the next release, if that is earlier. */
    endsUtc: Utc.nullable(),
    outcome: KeptOutcome.nullable(),
    /** What became of each patch in its last installation of the rollout; null when there was none, or the platform named none. */
    patches: z.array(ListedPatch).nullable(),
    /** What its image family has proven in the rollout. */
    evidence: z
      .object({
        family: z.string(),
        startedCount: z.number().int(),
        healthyCount: z.number().int(),
        unhealthyCount: z.number().int(),
      })
      .nullable(),
    /** What the platform says of it now, signal by signal; only when it was asked. */
    platform: z
      .object({
        agentStatus: z.string(),
        agentVersion: z.string().nullable(),
        signals: HealthSignals,
        answer: HealthAnswer,
        because: z.string(),
      })
      .nullable()
      .exactOptional(),
  }),
  'Why a VM is in its state, what will unblock it, and when it can start.',
);

const explain: OperatorRoute = {
  name: 'explainVirtualMachine',
  methods: ['GET'],
  role: 'reader',
  route: 'api/explain',
  query: {
    id: VM_ID,
    rollout: ROLLOUT,
    live: {
      about: 'true asks the platform, too, for power, agent and health.',
      schema: z.enum(['true', 'false']),
    },
  },
  description: {
    summary: 'Why a VM was not patched, or when it was; every hold that applies, and when it can start.',
    answers: { 200: { about: 'The explanation.', schema: Explanation } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, context) => {
    const services = await servicesOf(context.services, rolloutAsked(request) ?? null);
    const [shared, vm] = await Promise.all([
      sharedFacts(services, rolloutAsked(request)),
      vmOf(services, request.query('id')),
    ]);
    const isLive = request.query('live') === 'true';
    const { facts, place, outcome, platform } = await factsOf(services, shared, vm, isLive);
    const { control } = shared;
    const { rolloutDeadlineSeconds } = services.policy;
    return {
      jsonBody: {
        vmId: vm.id,
        asOfUtc: facts.nowUtc,
        timeZone: facts.timeZone,
        rolloutId: control?.rolloutId ?? null,
        ...explainVm(facts),
        place: place === null ? null : PlaceShape.parse(place),
        deadlineUtc: control === null ? null : addSeconds(control.releasedUtc, rolloutDeadlineSeconds),
        endsUtc: control?.endsUtc ?? null,
        outcome,
        patches: await patchesOf(services, outcome),
        evidence: evidenceOf(shared, vm),
        ...(platform !== undefined && { platform }),
      },
    };
  },
};

async function patchesOf(
  { patches }: Services,
  outcome: KeptOutcome | null,
): Promise<readonly ListedPatch[] | null> {
  const activityId = outcome?.installation?.installationActivityId;
  if (outcome === null || activityId === undefined) return null;
  const kept = (await patches.read(outcome.vmId))?.installed.find((one) => one.activityId === activityId);
  return kept === undefined ? null : patches.list(kept.list);
}

function evidenceOf({ evidence }: SharedFacts, vm: VirtualMachine): z.infer<typeof Explanation>['evidence'] {
  const family = imageFamilyOf(vm);
  const found = evidence?.families[family];
  if (found === undefined) return null;
  const { startedCount, healthyCount, unhealthyCount } = found;
  return { family, startedCount, healthyCount, unhealthyCount };
}

export const explainRoutes: readonly OperatorRoute[] = [explain];
