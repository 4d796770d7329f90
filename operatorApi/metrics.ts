import { Gauge, Registry } from 'prom-client';
import type { Services } from '../activities/services';
import { sideBySide } from '../activities/sideBySide';
import { freezeState } from '../domain/freezes';
import { OutcomeKind } from '../domain/reasons';
import { fleetView } from './fleetView';
import type { OperatorRoute } from './route';
import { ROLLOUT_STATES } from './shapes/rollout';
import { stateOf } from './describeRollout';

/**
 * Every metric with its labels, which take few values each: no VM, no subscription, no tag is ever one. docs/metrics.md has them for people.
 */
export const METRICS = [
  ['lowtide_rollout_info', 'The latest rollout: 1, with its id and state.', ['rollout', 'state']],
  ['lowtide_rollout_state', '1 for the state of the latest rollout, 0 for the others.', ['state']],
  ['lowtide_rollout_vms', 'VMs of the latest rollout by outcome; none has none yet.', ['outcome']],
  ['lowtide_rollout_phase_vms', 'VMs of each phase by outcome.', ['phase', 'outcome']],
  ['lowtide_rollout_open_halts', 'Halts and holds of open rollouts that wait for a person.', ['kind']],
  ['lowtide_rollout_released_timestamp_seconds', 'When the patches of the latest rollout were released.', []],
  ['lowtide_rollout_ends_timestamp_seconds', 'When the latest rollout ends, done or not.', []],
  ['lowtide_fleet_vms', 'VMs of the inventory, by whether they take part.', ['takes_part']],
  ['lowtide_freezes', 'Freezes and exclusions that are in force or to come.', ['kind']],
  ['lowtide_view_age_seconds', 'How old the tables are that the counts were read from.', []],
] as const;

const showMetrics: OperatorRoute = {
  name: 'showMetrics',
  methods: ['GET'],
  role: 'reader',
  route: 'metrics',
  query: {},
  description: {
    summary: 'Numbers for Prometheus.',
    answers: { 200: { about: 'The text format of Prometheus.', contentType: 'text/plain' } },
  },
  handler: async (_request, { services }) => {
    const registry = await measured(services);
    return { headers: { 'content-type': registry.contentType }, body: await registry.metrics() };
  },
};

/** A registry of its own for each answer: the numbers are those of the tables, not of this process. */
async function measured(services: Services): Promise<Registry> {
  const registry = new Registry();
  const gauges = new Map(
    METRICS.map(([name, help, labelNames]) => [
      name as string,
      new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] }),
    ]),
  );
  const set = (name: (typeof METRICS)[number][0], labels: Record<string, string>, value: number): void => {
    gauges.get(name)?.set(labels, value);
  };
  const view = await fleetView(services);
  const nowUtc = services.nowUtc();
  set('lowtide_view_age_seconds', {}, (Date.parse(nowUtc) - Date.parse(view.asOfUtc)) / 1000);
  const takePart = view.vms.filter(({ ineligible }) => ineligible === null).length;
  set('lowtide_fleet_vms', { takes_part: 'true' }, takePart);
  set('lowtide_fleet_vms', { takes_part: 'false' }, view.vms.length - takePart);
  const freezes = await services.freezes.list();
  for (const kind of ['freeze', 'exclusion'] as const)
    set(
      'lowtide_freezes',
      { kind },
      freezes.filter((one) => one.kind === kind && freezeState(one, nowUtc) !== 'over').length,
    );
  const rollouts = await services.rollouts.list();
  const open = (
    await sideBySide(
      rollouts.filter(({ endedUtc }) => endedUtc === null),
      async (one) => {
        const halts = await services.rollouts.haltsOf(one);
        return halts.map((halt) => ({ ...halt, rolloutId: one.rolloutId }));
      },
    )
  )
    .flat()
    .filter(({ decision }) => decision === null);
  for (const kind of ['halt', 'hold', 'pause'])
    set(
      'lowtide_rollout_open_halts',
      { kind },
      open.filter((halt) => (halt.asked ? 'pause' : halt.kind) === kind).length,
    );
  const control = rollouts.find(({ rolloutId }) => rolloutId === view.control?.rolloutId);
  if (control === undefined) return registry;

  const halts = open.filter(({ rolloutId }) => rolloutId === control.rolloutId);
  const state = stateOf(control, halts, nowUtc);
  set('lowtide_rollout_info', { rollout: control.rolloutId, state }, 1);
  for (const each of ROLLOUT_STATES) set('lowtide_rollout_state', { state: each }, each === state ? 1 : 0);
  set('lowtide_rollout_released_timestamp_seconds', {}, Date.parse(control.releasedUtc) / 1000);
  set('lowtide_rollout_ends_timestamp_seconds', {}, Date.parse(control.endsUtc) / 1000);
  const counts = new Map<string, number>();
  const phases = new Set<string>();
  for (const { outcome, place } of view.vms) {
    const kind = outcome?.kind ?? 'none';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (place === null) continue;
    phases.add(place.phase);
    counts.set(`${place.phase} ${kind}`, (counts.get(`${place.phase} ${kind}`) ?? 0) + 1);
  }
  for (const outcome of [...OutcomeKind.options, 'none']) {
    set('lowtide_rollout_vms', { outcome }, counts.get(outcome) ?? 0);
    for (const phase of phases)
      set('lowtide_rollout_phase_vms', { phase, outcome }, counts.get(`${phase} ${outcome}`) ?? 0);
  }
  return registry;
}

export const metricsRoutes: readonly OperatorRoute[] = [showMetrics];
