import type { SimulatedServices } from '../composition/compose';
import { RolloutId } from '../domain/ids';
import type { Host } from '../emulator/host';

/** How a rollout stands, from its row and those of its halts: cheap enough to be asked every virtual hour. */
export interface RolloutNow {
  readonly hasEnded: boolean;
  /** A person paused it, or a halt or hold waits for a decision. */
  readonly waitsForPerson: boolean;
}

/** Reads the rows with the app's own services, not over HTTP, which counts the outcome of every VM. */
export async function rolloutNow(host: Host, id: string): Promise<RolloutNow> {
  const { appServices } = host.appModule('./dist/composition/compose') as {
    appServices: () => Promise<SimulatedServices>;
  };
  const { rollouts } = await appServices();
  const rolloutId = RolloutId.parse(id);
  const control = await rollouts.read(rolloutId);
  if (control === null) return { hasEnded: false, waitsForPerson: false };
  if (control.endedUtc !== null) return { hasEnded: true, waitsForPerson: false };
  if (control.mode === 'cancelled') return { hasEnded: false, waitsForPerson: false };
  const halts = await rollouts.haltsOf(control);
  const isOpen = halts.some(({ decision }) => decision === null);
  return { hasEnded: false, waitsForPerson: isOpen || control.mode === 'paused' };
}
