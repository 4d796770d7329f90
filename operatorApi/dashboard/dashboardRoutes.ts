import type { RolloutControl } from '../../domain/control';
import type { Services } from '../../activities/services';
import { notFound } from '../decideRollout';
import type { OperatorRequest, OperatorRoute } from '../route';
import { rolloutIdIn } from '../rolloutIdIn';
import { readDownNow } from './downNow';
import { readEvidenceView } from './evidenceView';
import { fleetSnapshot } from './fleetSnapshot';
import { readHaltsView } from './haltsView';
import { readTimeline } from './timeline';

const ONE = 'api/rollouts/{id}';

const showTimeline: OperatorRoute = {
  name: 'showTimeline',
  methods: ['GET'],
  route: `${ONE}/timeline`,
  query: [],
  handler: async (request, { services }) => {
    const control = await controlIn(services, request);
    return { jsonBody: await readTimeline(services, control.rolloutId, control) };
  },
};

const showEvidence: OperatorRoute = {
  name: 'showEvidence',
  methods: ['GET'],
  route: `${ONE}/evidence`,
  query: [],
  handler: async (request, { services }) => {
    const { rolloutId } = await controlIn(services, request);
    const halts = await services.rollouts.halts(rolloutId);
    return { jsonBody: await readEvidenceView(services, rolloutId, halts) };
  },
};

const listHalts: OperatorRoute = {
  name: 'listHalts',
  methods: ['GET'],
  route: `${ONE}/halts`,
  query: [],
  handler: async (request, { services }) => {
    const { rolloutId } = await controlIn(services, request);
    return { jsonBody: await readHaltsView(services, rolloutId) };
  },
};

const listDisruptions: OperatorRoute = {
  name: 'listDisruptions',
  methods: ['GET'],
  route: `${ONE}/disruptions`,
  query: [],
  handler: async (request, { services, client }) => {
    const { rolloutId } = await controlIn(services, request);
    const { rounds } = await fleetSnapshot(services, rolloutId);
    const regions = new Set(rounds.map(({ region }) => region));
    return { jsonBody: await readDownNow(services, client, rolloutId, regions) };
  },
};

export const dashboardRoutes: readonly OperatorRoute[] = [
  showTimeline,
  showEvidence,
  listHalts,
  listDisruptions,
];

async function controlIn(services: Services, request: OperatorRequest): Promise<RolloutControl> {
  const id = rolloutIdIn(request);
  const control = await services.rollouts.read(id);
  if (control === null) throw notFound(id);
  return control;
}
