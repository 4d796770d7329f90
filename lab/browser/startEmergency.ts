import { z } from 'zod';
import type { Host } from '../../emulator/host';
import type { Selector } from '../../domain/selector';

const Missing = z.object({
  value: z.array(z.object({ vmId: z.string(), name: z.string(), kbId: z.string().nullable() })),
});
const Confirmed = z.object({ id: z.string(), confirm: z.string() });

/** Asks for an emergency rollout of the patch that the most of these VMs lack, at any hour, as a person does: its dates first. Returns its id. */
export async function startEmergency(
  host: Pick<Host, 'request'>,
  selector: Selector,
  reason: string,
): Promise<string> {
  const query = new URLSearchParams({ state: 'missing', limit: '1000' });
  for (const [name, value] of Object.entries(selector)) query.set(name, String(value));
  const missing = await host.request('GET', `/api/compliance/missing?${query.toString()}`);
  const asked = {
    kind: 'emergency',
    reason,
    selector,
    patches: mostLacked(Missing.parse(missing.body).value),
    bakeAfterCanary: 'PT15M',
    bake: 'PT15M',
    hours: { opens: '00:00', closes: '00:00' },
  };
  const looked = await host.request('POST', '/api/rollouts', { ...asked, dryRun: true });
  const { id, confirm } = Confirmed.parse(looked.body);
  const started = await host.request('POST', '/api/rollouts', { ...asked, confirm });
  if (started.status !== 202)
    throw new Error(`POST /api/rollouts answered ${started.status}: ${JSON.stringify(started.body)}`);
  return id;
}

function mostLacked(
  rows: z.infer<typeof Missing>['value'],
): { readonly kbs: readonly string[] } | { readonly packages: readonly string[] } {
  const counts = new Map<string, number>();
  for (const { kbId, name } of rows) {
    const key = kbId === null ? `package ${name}` : `kb ${kbId}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined)
    throw new Error('None of these VMs is known to lack a patch: has any been assessed?');
  const [kind = '', name = ''] = most[0].split(' ');
  return kind === 'kb' ? { kbs: [name] } : { packages: [name] };
}
