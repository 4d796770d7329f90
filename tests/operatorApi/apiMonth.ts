import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api, anApi } from '../armApi/api';

const FLEET = join(__dirname, '..', '..', 'fleets', 'e2e.json');

/** Some days of November 2026 over the small fleet of the end-to-end check, which every test of a file shares. */
export async function apiMonth(make: typeof anApi, days = 3): Promise<Api> {
  const api = await make({ clock: { kind: 'virtual', startUtc: '2026-11-10T18:00:00.000Z' }, timers: true });
  const posted = await api.send('POST', '/api/fleet', readFileSync(FLEET, 'utf8'));
  if (posted.status !== 200) throw new Error(`POST /api/fleet answered ${posted.status}`);
  const started = await api.send('POST', '/api/rollouts', { month: '2026-11' });
  if (started.status !== 202) throw new Error(`POST /api/rollouts answered ${started.status}`);
  await api.pass(days * 24 * 60);
  return api;
}

/** A standalone VM of that fleet that takes part. */
export const MONTH_VM =
  '/subscriptions/00000000-0000-4000-8000-0000000000e2/resourceGroups/rg-e2e/providers/Microsoft.Compute/virtualMachines/e2e-lone';
