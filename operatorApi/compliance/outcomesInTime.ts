import { z } from 'zod';
import type { Services } from '../../activities/services';
import type { RolloutControl } from '../../domain/control';
import type { VmId } from '../../domain/ids';
import { RolloutId } from '../../domain/ids';
import { later } from '../../domain/instants';
import { PhaseId } from '../../domain/phaseId';
import { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { selects, type Selector } from '../../domain/selector';
import type { KeptOutcome } from '../../store/outcomes';
import { fleetView, vmIn } from '../fleetView';
import { countIn, instantIn } from '../queryValues';
import type { OperatorRequest } from '../route';
import type { Parameter } from '../routeDescription';
import { selectorOf, SELECTOR_QUERY } from '../selectorQuery';
import { instantParameter } from '../shapes/shared';
import { pageInTime, type TimePage } from './pageInTime';

export const PAGE_SIZE = 500;
export const PAGE_MAX = 1_000;
/** Before and behind every instant. */
const FIRST_UTC = '';
const LAST_UTC = '9999-12-31T23:59:59.999Z';

export const PAGE_QUERY: Readonly<Record<string, Parameter>> = {
  limit: {
    about: `Rows a page, at most ${PAGE_MAX}; ${PAGE_SIZE} without it. A page may be shorter and have a next one.`,
    schema: z.coerce.number().int(),
  },
  after: { about: 'Where the page begins: as the nextLink of the page before has it.', schema: z.string() },
  format: { about: 'csv for a table; its next page is in the Link header.', schema: z.enum(['json', 'csv']) },
};

export const TIME_QUERY: Readonly<Record<string, Parameter>> = {
  since: instantParameter('Only what was at this instant or later; a day is its beginning in UTC.'),
  until: instantParameter('Only what was before this instant.'),
};

export const OUTCOME_QUERY: Readonly<Record<string, Parameter>> = {
  ...SELECTOR_QUERY,
  rollout: { about: 'Only this rollout.', schema: RolloutId },
  kind: { about: 'Only outcomes of this kind.', schema: OutcomeKind },
  reason: { about: 'Only outcomes with this reason, docs/reasons.md.', schema: OutcomeReason },
  phase: { about: 'Only outcomes in this phase.', schema: PhaseId },
  ...TIME_QUERY,
  ...PAGE_QUERY,
};

export interface OutcomeRow {
  readonly rolloutId: RolloutId;
  readonly outcome: KeptOutcome;
}

export const pageSizeIn = (request: OperatorRequest): number =>
  countIn(request, 'limit', { otherwise: PAGE_SIZE, min: 1, max: PAGE_MAX });

/** A page of outcomes that fit the request, of all rollouts, in order of time. */
export async function outcomesInTime(
  services: Services,
  request: OperatorRequest,
  alsoWanted: (outcome: KeptOutcome) => boolean = () => true,
): Promise<TimePage<OutcomeRow>> {
  const sinceUtc = instantIn(request, 'since') ?? FIRST_UTC;
  const beforeUtc = instantIn(request, 'until') ?? LAST_UTC;
  const [kind, reason, phase] = (['kind', 'reason', 'phase'] as const).map((name) => request.query(name));
  const isSelected = await selectionOf(services, request);
  const sources = (await rolloutsIn(services, request, sinceUtc, beforeUtc)).map(
    ({ rolloutId }) =>
      async (after: string, take: number) =>
        (await services.outcomes.inOrderOfTime(rolloutId, { after, beforeUtc, take })).map(
          ({ key, outcome }) => ({ key, value: { rolloutId, outcome } }),
        ),
  );
  return pageInTime<OutcomeRow>(sources, {
    after: later(request.query('after') ?? '', sinceUtc),
    size: pageSizeIn(request),
    isWanted: ({ outcome }) =>
      (kind === null || kind === outcome.kind) &&
      (reason === null || reason === outcome.reason) &&
      (phase === null || phase === outcome.phase) &&
      alsoWanted(outcome) &&
      isSelected(outcome.vmId),
  });
}

async function rolloutsIn(
  services: Services,
  request: OperatorRequest,
  sinceUtc: string,
  beforeUtc: string,
): Promise<readonly RolloutControl[]> {
  const wanted = request.query('rollout');
  return (await services.rollouts.list()).filter(
    ({ rolloutId, requestedUtc, endedUtc }) =>
      (wanted === null || wanted === rolloutId) &&
      requestedUtc < beforeUtc &&
      (endedUtc === null || endedUtc >= sinceUtc),
  );
}

const ID = /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\//;

/** Which VMs a request means. A VM that is gone has no tags and no image any more: it is known by its id alone. */
export async function selectionOf(
  services: Services,
  request: OperatorRequest,
): Promise<(vmId: VmId) => boolean> {
  const selector = selectorOf(request);
  if (Object.keys(selector).length === 0) return () => true;
  const view = await fleetView(services);
  return (vmId) => {
    const found = vmIn(view, vmId);
    return found === undefined ? selectsId(selector, vmId) : selects(selector, found.vm);
  };
}

function selectsId(selector: Selector, vmId: VmId): boolean {
  const { subscription, resourceGroup, vm, ...other } = selector;
  if (Object.keys(other).length > 0) return false;
  const [, ofSubscription, ofGroup] = ID.exec(vmId) ?? [];
  return (
    (vm === undefined || vm === vmId) &&
    (subscription === undefined || subscription.toLowerCase() === ofSubscription) &&
    (resourceGroup === undefined || resourceGroup.toLowerCase() === ofGroup)
  );
}
