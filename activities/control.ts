import { controlFor, type Control, type ControlledPlace, type RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import type { Services } from './services';

/** The rollout's row, which must exist: an orchestration runs only after it was written. */
export async function rolloutOf(services: Services, rolloutId: RolloutId): Promise<RolloutControl> {
  const control = await services.rollouts.read(rolloutId);
  if (control) return control;
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout ${rolloutId}.`,
    why: 'Its row is missing, although its orchestration runs.',
    fix: 'Was the table `lowtideRollouts` deleted or restored from an older copy? Start the rollout again.',
  });
}

/** May something new start here now? Read afresh each time: the row is the only truth. */
export async function askControl(services: Services, where: Where): Promise<Control> {
  const controlOf = await controlReader(services, where.rolloutId);
  return controlOf(where);
}

type Where = ControlledPlace & { readonly rolloutId: RolloutId };

/** The same for several questions about one VM at once: the rows are read once, and each question is answered from them. */
export async function controlReader(
  services: Services,
  rolloutId: RolloutId,
): Promise<(where: ControlledPlace) => Control> {
  const [control, halts] = await Promise.all([
    rolloutOf(services, rolloutId),
    services.rollouts.halts(rolloutId),
  ]);
  return (where) => controlFor(control, halts, where, services.nowUtc());
}
