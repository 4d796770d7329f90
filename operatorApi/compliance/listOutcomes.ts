import { z } from 'zod';
import { RolloutId, Utc, VmId, resourceName } from '../../domain/ids';
import { PatchInstallationSummary } from '../../domain/patches';
import { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import type { OperatorRoute } from '../route';
import { named, pageOfShape } from '../shapes/shared';
import { complianceAnswer } from './complianceAnswer';
import { outcomesInTime, OUTCOME_QUERY, type OutcomeRow } from './outcomesInTime';

const whole = z.number().int();

const Row = named(
  'ComplianceOutcome',
  // eslint-disable-next-line no-restricted-syntax -- a row of the answer
  z.object({
    atUtc: Utc,
    rolloutId: RolloutId,
    vmId: VmId,
    name: z.string(),
    subscriptionId: z.string(),
    resourceGroup: z.string(),
    region: z.string(),
    phase: z.string(),
    kind: OutcomeKind,
    reason: OutcomeReason,
    detail: z.string(),
    attempts: whole,
    activityId: z.string().nullable(),
    installedPatchCount: whole.nullable(),
    failedPatchCount: whole.nullable(),
    pendingPatchCount: whole.nullable(),
    rebootStatus: PatchInstallationSummary.shape.rebootStatus.nullable(),
  }),
  'What a VM came to, each time it had a turn in a rollout.',
);
type Row = z.input<typeof Row>;

export const listOutcomes: OperatorRoute = {
  name: 'listComplianceOutcomes',
  methods: ['GET'],
  role: 'reader',
  route: 'api/compliance/outcomes',
  query: OUTCOME_QUERY,
  description: {
    summary:
      'Every outcome of every rollout, those that a second chance overwrote included, in order of time.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(Row), orCsv: true } },
  },
  handler: async (request, { services }) => {
    const { value, next } = await outcomesInTime(services, request);
    return complianceAnswer(request, OUTCOME_QUERY, Object.keys(Row.shape), {
      value: value.map(rowOf),
      next,
    });
  },
};

function rowOf({ rolloutId, outcome }: OutcomeRow): Row {
  const { atUtc, vmId, region, phase, kind, reason, detail, attempts, installation } = outcome;
  const [, , subscriptionId = '', , resourceGroup = ''] = vmId.split('/');
  // eslint-disable-next-line no-restricted-syntax -- a row of the answer
  return {
    atUtc,
    rolloutId,
    vmId,
    name: resourceName(vmId),
    subscriptionId,
    resourceGroup,
    region,
    phase,
    kind,
    reason,
    detail,
    attempts,
    activityId: installation?.installationActivityId ?? null,
    installedPatchCount: installation?.installedPatchCount ?? null,
    failedPatchCount: installation?.failedPatchCount ?? null,
    pendingPatchCount: installation?.pendingPatchCount ?? null,
    rebootStatus: installation?.rebootStatus ?? null,
  };
}
