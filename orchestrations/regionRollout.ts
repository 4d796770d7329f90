import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { readRegion, type RegionStages } from '../activities/contracts';
import { childId } from '../domain/ids';
import { setsAtOnce } from '../planning/widths';
import * as children from './contracts';
import { allEnded, call, startChild, type Child, type Step } from './durable';

type Rounds = Child<{ rounds: number }>;
type Here = z.output<typeof children.regionRollout.input>;
type Stage = RegionStages[number];

/**
 * Rolls out one region, stage by stage: zone after zone, never two at once. Within a stage the standalone VMs have a lane of their own for
 * each window cohort; beside them the availability sets go their own ways, where there are very many in a pool of fixed width.
 */
export function* regionRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const here = children.regionRollout.input.parse(context.df.getInput());
  const { rolloutId, phase, region } = here;
  const { stages } = yield* call(context, readRegion, { rolloutId, phase, region });
  return yield* rollOutStages(context, here, stages);
}

/** The stages of a region, one after another. */
export function* rollOutStages(
  context: OrchestrationContext,
  here: Here,
  stages: RegionStages,
): Step<{ rounds: number }> {
  let rounds = 0;
  for (const stage of stages) {
    const started = [...startCohorts(context, here, stage), ...startSets(context, here, stage)];
    for (const result of yield* allEnded(context, started)) rounds += result.ok ? result.value.rounds : 0;
  }
  return { rounds };
}

function startCohorts(context: OrchestrationContext, here: Here, { stage, tracks }: Stage): Rounds[] {
  const ownId = childId(context.df.instanceId, stage);
  return tracks.map(({ cohort, batches }) =>
    startChild(
      context,
      children.zoneRollout,
      childId(ownId, cohort === 1 ? 'batches' : `batches-${cohort}`),
      {
        ...here,
        stage,
        batches,
      },
    ),
  );
}

function startSets(context: OrchestrationContext, here: Here, of: Stage): Rounds[] {
  const { stage, sets, setCount, tracks } = of;
  const ownId = childId(context.df.instanceId, stage);
  if (sets.length === setCount)
    return sets.map((group) =>
      startChild(context, children.availabilitySetRollout, childId(ownId, group), { ...here, stage, group }),
    );
  const lanes = Math.min(setsAtOnce(tracks.length), setCount);
  return Array.from({ length: lanes }, (_, n) =>
    startChild(context, children.availabilitySetsRollout, childId(ownId, `sets-${n + 1}`), {
      ...here,
      stage,
      sets: setCount,
      lane: { lane: n + 1, lanes, queue: ownId },
    }),
  );
}
