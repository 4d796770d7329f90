import type { Services } from '../activities/services';
import { forecastOf } from './keptForecasts';

const NAMED_MAX = 20;

/**
 * Daily: VMs that became at risk of missing their 30 days since the day before, in one row of the audit, which notifies. One that recovers and
 * comes at risk again is new again. The rows say last who was: a crash in between repeats the day under the same key.
 */
export async function reportAtRisk(services: Services): Promise<string | null> {
  const found = await forecastOf(services, null);
  if (found?.control.endedUtc !== null) return null;
  const { rolloutId } = found.control;
  const now = found.byPlace.flatMap((forecast, place) => {
    const one = found.view.vms[place];
    return one === undefined || forecast.state !== 'atRisk' ? [] : [{ one, forecast }];
  });
  const before = await services.rollouts.atRisk(rolloutId);
  const ids = new Set<string>(now.map(({ one }) => one.vm.id));
  const added = now.filter(({ one }) => !before.has(one.vm.id));
  const removed = [...before].filter((id) => !ids.has(id));
  if (added.length + removed.length === 0) return null;
  const atUtc = services.nowUtc();
  const names = added.slice(0, NAMED_MAX).map(({ one }) => one.vm.id.split('/').at(-1) ?? one.vm.id);
  const more = added.length > names.length ? ` and ${added.length - names.length} more` : '';
  const why = `${vms(added.length)} became at risk of missing ${added.length === 1 ? 'its' : 'their'} 30 days: ${names.join(', ')}${more}. In all: ${vms(now.length)}.`;
  if (added.length > 0)
    await services.audit.append(rolloutId, `atRisk~${atUtc.slice(0, 10)}`, {
      atUtc,
      who: 'lowtide',
      what: 'atRisk',
      subject: rolloutId,
      vmId: added.length === 1 ? (added[0]?.one.vm.id ?? null) : null,
      why,
      evidence: {
        count: added.length,
        inAll: now.length,
        because: Object.fromEntries(
          added.slice(0, NAMED_MAX).map(({ one, forecast }) => [one.vm.id, forecast.why]),
        ),
      },
    });
  await services.rollouts.saveAtRisk(rolloutId, { added: added.map(({ one }) => one.vm.id), removed });
  return added.length > 0 ? why : null;
}

const vms = (count: number): string => (count === 1 ? '1 VM' : `${count} VMs`);
