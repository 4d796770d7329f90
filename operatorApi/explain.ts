import { z } from 'zod';
import { Utc, VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import { FactValue, OutcomeKind, OutcomeReason } from '../domain/reasons';
import { explainVm } from '../planning/explainVm';
import { KeptOutcome } from '../store/outcomes';
import { ROLLOUT, rolloutAsked } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { named, VM_ID } from './shapes/shared';
import { vmOf } from './virtualMachines';
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
  'Where a VM stands in a plan.',
);

const Explanation = named(
  'Explanation',
  z.object({
    vmId: VmId,
    asOfUtc: Utc,
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
    deadlineUtc: Utc.nullable(),
    outcome: KeptOutcome.nullable(),
  }),
  'Why a VM stands as it does, what will unblock it, and when it can start.',
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
  handler: async (request, { services }) => {
    const vm = await vmOf(services, request.query('id'));
    const { facts, control, place, outcome } = await factsOf(services, vm, {
      isLive: request.query('live') === 'true',
      rolloutId: rolloutAsked(request),
    });
    const { rolloutDeadlineSeconds } = services.policy;
    return {
      jsonBody: {
        vmId: vm.id,
        asOfUtc: facts.nowUtc,
        rolloutId: control?.rolloutId ?? null,
        ...explainVm(facts),
        place: place === null ? null : PlaceShape.parse(place),
        deadlineUtc: control === null ? null : addSeconds(control.releasedUtc, rolloutDeadlineSeconds),
        outcome,
      },
    };
  },
};

export const explainRoutes: readonly OperatorRoute[] = [explain];
