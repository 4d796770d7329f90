import type { ClockOptions } from '../../emulator/host';
import { startLowtideHost, type Host } from '../emulator/support/nativeHost';

/** Eight in the evening in eastus, two hours before off-peak; two days after the release of November 2026. */
export const EVENING = '2026-11-13T01:00:00.000Z';

/** Lowtide with an empty simulated Azure, in memory. */
export function simulatedHost(options: {
  readonly clock: ClockOptions;
  readonly https?: boolean;
  readonly port?: number;
  readonly timers?: boolean;
}): Promise<Host> {
  return startLowtideHost({
    store: { kind: 'memory' },
    timers: false,
    strict: true,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: '',
      LOWTIDE_SCENARIO: '',
      LOWTIDE_SEED: '1',
    },
    ...options,
  });
}
