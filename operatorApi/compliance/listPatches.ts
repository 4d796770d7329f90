import { z } from 'zod';
import type { Services } from '../../activities/services';
import { RolloutId, Utc, VmId, resourceName } from '../../domain/ids';
import { ListedPatch, PatchState } from '../../domain/patches';
import type { OperatorRequest, OperatorRoute } from '../route';
import type { Parameter } from '../routeDescription';
import { named, pageOfShape } from '../shapes/shared';
import { complianceAnswer } from './complianceAnswer';
import { outcomesInTime, OUTCOME_QUERY, type OutcomeRow } from './outcomesInTime';

const Row = named(
  'CompliancePatch',
  z.object({
    atUtc: Utc,
    rolloutId: RolloutId,
    vmId: VmId,
    vmName: z.string(),
    ...ListedPatch.shape,
    activityId: z.string(),
  }),
  'What became of one patch in one installation of a rollout.',
);
type Row = z.input<typeof Row>;

export const PATCH: Parameter = {
  about: 'Only this patch: a KB number (KB5031364), or the name of a package.',
  schema: z.string(),
};

const QUERY = {
  ...OUTCOME_QUERY,
  patch: PATCH,
  state: { about: 'Only patches in this state.', schema: PatchState },
};

export const listPatches: OperatorRoute = {
  name: 'listCompliancePatches',
  methods: ['GET'],
  role: 'reader',
  route: 'api/compliance/patches',
  query: QUERY,
  description: {
    summary:
      'What the installations of rollouts did patch by patch, with KB or package and version, in order of time.',
    answers: {
      200: { about: 'Size of a page, in installations.', schema: pageOfShape(Row), orCsv: true },
    },
  },
  handler: async (request, { services }) => {
    const { value, next } = await outcomesInTime(
      services,
      request,
      ({ installation }) => installation !== null,
    );
    const isWanted = patchFilter(request);
    const state = request.query('state');
    const rows = (await Promise.all(value.map((row) => rowsOf(services, row)))).flat();
    return complianceAnswer(request, QUERY, Object.keys(Row.shape), {
      value: rows.filter((row) => isWanted(row) && (state === null || state === row.state)),
      next,
    });
  },
};

/** Whether a patch is the one that a request names. */
export function patchFilter(request: OperatorRequest): (patch: ListedPatch) => boolean {
  const wanted = request.query('patch')?.trim().toLowerCase();
  if (wanted === undefined) return () => true;
  const kb = wanted.replace(/^kb/, '');
  return ({ kbId, name }) => (kbId === null ? name.toLowerCase() === wanted : kbId === kb);
}

async function rowsOf({ patches }: Services, { rolloutId, outcome }: OutcomeRow): Promise<Row[]> {
  const { vmId, atUtc, installation } = outcome;
  const activityId = installation?.installationActivityId;
  const kept = (await patches.read(vmId))?.installed.find((one) => one.activityId === activityId);
  if (kept === undefined || activityId === undefined) return [];
  return (await patches.list(kept.list)).map((patch) => ({
    atUtc,
    rolloutId,
    vmId,
    vmName: resourceName(vmId),
    ...patch,
    activityId,
  }));
}
