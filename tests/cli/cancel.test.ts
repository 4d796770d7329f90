import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RolloutView, withOutcome } from '../../cli/rolloutView';
import { partOfContoso } from '../support/contoso';
import { startLowtideHost } from '../emulator/support/nativeHost';

const RELEASE = '2026-11-10T18:00:00.000Z';
/** Off-peak in Virginia, with installations in flight. */
const IN_A_WINDOW = '2026-11-15T05:00:00.000Z';

test('a rollout that is cancelled in the middle is cancelling while installations drain, and cancelled when every VM has its outcome', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-cancel-'));
  const host = await startLowtideHost({
    clock: { kind: 'virtual', startUtc: RELEASE },
    store: { kind: 'memory' },
    strict: true,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: partOfContoso(folder, 5),
      LOWTIDE_SCENARIO: '',
      LOWTIDE_SEED: '1',
    },
  });
  const path = '/api/rollouts/rollout-2026-11';
  const view = async (): Promise<RolloutView> => RolloutView.parse((await host.request('GET', path)).body);
  try {
    await host.runUntil(IN_A_WINDOW);
    await host.request('POST', `${path}/cancel`, { reason: 'test' });
    const asked = await view();
    expect([asked.state, asked.endedUtc]).toEqual(['cancelling', null]);
    expect(withOutcome(asked)).toBeLessThan(asked.vmCount ?? 0);
    await host.runUntil('2026-11-17T00:00:00.000Z');
    const over = await view();
    expect(over.state).toBe('cancelled');
    expect(withOutcome(over)).toBe(over.vmCount);
  } finally {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
