import { z } from 'zod';
import type { Services } from '../activities/services';
import { Halt } from '../domain/control';
import { ControlScope } from '../domain/controlScope';
import type { RolloutId } from '../domain/ids';
import { notFound } from './openRollout';
import { isAbout } from './decideScope';
import { rolloutIdIn } from './rolloutIdIn';
import type { OperatorRequest, OperatorRoute } from './route';
import { named } from './shapes/shared';

/** The halts that a person answers who says resume, of the whole rollout or of one part of it. */
export async function forgivenBy(
  services: Services,
  id: RolloutId,
  scope: ControlScope | undefined,
): Promise<readonly Halt[]> {
  const halts = await services.rollouts.halts(id);
  return halts.filter((halt) => halt.decision === null && (scope === undefined || isAbout(halt, scope)));
}

const Forgiven = named(
  'Forgiven',
  z.object({
    /** The rollout itself is paused: resume lifts that, too. */
    isPaused: z.boolean(),
    halts: z.array(Halt),
  }),
  'What resume would forgive now: each halt with the evidence that it rests on in its words. What they rest on is not held against the rollout again.',
);

const text = (about: string) => ({ about, schema: z.string() });

const listForgiven: OperatorRoute = {
  name: 'listForgiven',
  methods: ['GET'],
  role: 'reader',
  route: 'api/rollouts/{id}/forgiven',
  query: {
    phase: text('Of this phase alone.'),
    region: text('Of this region alone.'),
    availabilitySet: text('Of this availability set alone, by its ARM id.'),
    vm: text('Of this VM alone, by its ARM id.'),
  },
  description: {
    summary: 'What resume would forgive. Changes nothing.',
    answers: { 200: { about: 'Every halt that it would answer.', schema: Forgiven } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const id = rolloutIdIn(request);
    const control = await services.rollouts.read(id);
    if (control === null) throw notFound(id);
    const scope = scopeIn(request);
    const isPaused = scope === undefined && control.mode === 'paused';
    return { jsonBody: { isPaused, halts: [...(await forgivenBy(services, id, scope))] } };
  },
};

function scopeIn(request: OperatorRequest): ControlScope | undefined {
  const given = ['phase', 'region', 'availabilitySet', 'vm'].flatMap((name) => {
    const value = request.query(name);
    return value === null ? [] : [[name, value] as const];
  });
  return given.length === 0 ? undefined : ControlScope.parse(Object.fromEntries(given));
}

export const forgivenRoutes: readonly OperatorRoute[] = [listForgiven];
