import type { RolloutControl } from '../../domain/control';
import type { Services } from '../../activities/services';
import { notFound } from '../openRollout';
import type { OperatorRequest, OperatorRoute } from '../route';
import { DisruptionsShape, EvidenceShape, HaltsShape, TimelineShape } from '../shapes/dashboard';
import { rolloutIdIn } from '../rolloutIdIn';
import { readDownNow } from './downNow';
import { readEvidenceView } from './evidenceView';
import { fleetView } from '../fleetView';
import { readHaltsView } from './haltsView';
import { readTimeline } from './timeline';

const ONE = 'api/rollouts/{id}';

const showTimeline: OperatorRoute = {
  name: 'showTimeline',
  methods: ['GET'],
  route: `${ONE}/timeline`,
  query: {},
  role: 'reader',
  description: {
    summary:
      'The plan of a rollout beside what has happened, by phase, region, stage, group and update domain.',
    answers: { 200: { about: 'As it stands now.', schema: TimelineShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const control = await controlIn(services, request);
    return { jsonBody: await readTimeline(services, control.rolloutId, control) };
  },
};

const showEvidence: OperatorRoute = {
  name: 'showEvidence',
  methods: ['GET'],
  route: `${ONE}/evidence`,
  query: {},
  role: 'reader',
  description: {
    summary: 'What each image family has proven in a rollout.',
    answers: { 200: { about: 'As it stands now.', schema: EvidenceShape } },
    errors: ['NOT_FOUND'],
  },
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
  query: {},
  role: 'reader',
  description: {
    summary: 'The halts of a rollout: what they are about, and what each decision would concern.',
    answers: { 200: { about: 'As it stands now.', schema: HaltsShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const { rolloutId } = await controlIn(services, request);
    return { jsonBody: await readHaltsView(services, rolloutId) };
  },
};

const listDisruptions: OperatorRoute = {
  name: 'listDisruptions',
  methods: ['GET'],
  route: `${ONE}/disruptions`,
  query: {},
  role: 'reader',
  description: {
    summary: 'What may be down at this moment, against its limit.',
    answers: { 200: { about: 'As it stands now.', schema: DisruptionsShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services, client }) => {
    const { rolloutId } = await controlIn(services, request);
    const { rounds } = await fleetView(services, rolloutId);
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
