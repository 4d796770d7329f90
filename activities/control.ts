import { controlFor, type Control, type RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import type { World } from './world';

/** The rollout's row, which must exist: an orchestration runs only after it was written. */
export async function rolloutOf(world: World, rolloutId: RolloutId): Promise<RolloutControl> {
  const control = await world.rollouts.read(rolloutId);
  if (control) return control;
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout ${rolloutId}.`,
    why: 'Its row is missing, although its orchestration runs.',
    fix: 'Was the table `lowtideRollouts` deleted or restored from an older copy? Start the rollout again.',
  });
}

/** May something new start here now? Read afresh each time: the row is the only truth. */
export async function askControl(
  world: World,
  where: { readonly rolloutId: RolloutId; readonly phase: string; readonly region: string | null },
): Promise<Control> {
  const [control, halts] = await Promise.all([
    rolloutOf(world, where.rolloutId),
    world.rollouts.halts(where.rolloutId),
  ]);
  return controlFor(control, halts, where, world.nowUtc());
}
