import type { z } from 'zod';
import type { RolloutControl } from '../../domain/control';
import { notFound } from '../openRollout';
import type { OperatorContext, OperatorRoute } from '../route';
import { DisruptionsShape, EvidenceShape, HaltsShape, TimelineShape } from '../shapes/dashboard';
import { rolloutIdIn } from '../rolloutIdIn';
import { readDownNow } from './downNow';
import { readEvidenceView } from './evidenceView';
import { fleetView } from '../fleetView';
import { readHaltsView } from './haltsView';
import { readTimeline } from './timeline';

/** A view of one rollout as it stands now. */
function viewRoute(
  name: string,
  path: string,
  summary: string,
  view: {
    readonly schema: z.ZodType;
    readonly read: (context: OperatorContext, control: RolloutControl) => Promise<unknown>;
  },
): OperatorRoute {
  return {
    name,
    methods: ['GET'],
    route: `api/rollouts/{id}/${path}`,
    query: {},
    role: 'reader',
    description: {
      summary,
      answers: { 200: { about: 'As it stands now.', schema: view.schema } },
      errors: ['NOT_FOUND'],
    },
    handler: async (request, context) => {
      const id = rolloutIdIn(request);
      const control = await context.services.rollouts.read(id);
      if (control === null) throw notFound(id);
      return { jsonBody: await view.read(context, control) };
    },
  };
}

export const dashboardRoutes: readonly OperatorRoute[] = [
  viewRoute(
    'showTimeline',
    'timeline',
    'The plan of a rollout and what has happened, by phase, region, stage, group and update domain.',
    {
      schema: TimelineShape,
      read: ({ services }, control) => readTimeline(services, control.rolloutId, control),
    },
  ),
  viewRoute('showEvidence', 'evidence', 'What each image family has proven in a rollout.', {
    schema: EvidenceShape,
    read: async ({ services }, { rolloutId }) =>
      readEvidenceView(services, rolloutId, await services.rollouts.halts(rolloutId)),
  }),
  viewRoute(
    'listHalts',
    'halts',
    'The halts of a rollout: what they are about, and what each decision would concern.',
    { schema: HaltsShape, read: ({ services }, { rolloutId }) => readHaltsView(services, rolloutId) },
  ),
  viewRoute('listDisruptions', 'disruptions', 'What may be down at this moment, against its limit.', {
    schema: DisruptionsShape,
    read: async ({ services, client }, { rolloutId }) => {
      const { rounds } = await fleetView(services, rolloutId);
      const regions = new Set(rounds.map(({ region }) => region));
      return readDownNow(services, client, rolloutId, regions);
    },
  }),
];
