import type { Services } from '../../activities/services';
import type { RolloutControl } from '../../domain/control';
import { latestMonthly, type FleetVm } from '../fleetView';
import { vmsAtRisk } from '../vmsAtRisk';
import { resourceName } from '../../domain/ids';
import { listed, vmsText } from '../../domain/listed';

const NAMED_MAX = 20;

/**
 * Daily: VMs that became at risk of missing their 30 days since the day before, in one row of the audit, which notifies. One that recovers and
 * comes at risk again is new again. The rows name those that were at risk last: a crash in between repeats the day under the same key.
 */
export async function reportAtRisk(
  services: Services,
  rollouts: readonly RolloutControl[],
): Promise<string | null> {
  const control = latestMonthly(rollouts);
  if (control?.endedUtc !== null) return null;
  const { rolloutId } = control;
  const now = await vmsAtRisk(services, control);
  const before = await services.rollouts.atRisk(rolloutId);
  const ids = new Set<string>(now.map(({ one }) => one.vm.id));
  const added = now.filter(({ one }) => !before.has(one.vm.id));
  const removed = [...before].filter((id) => !ids.has(id));
  if (added.length + removed.length === 0) return null;
  const atUtc = services.nowUtc();
  const { short, facts } = atRiskSentences(
    added.map(({ one }) => one),
    now.length,
    control.endsUtc,
  );
  if (added.length > 0)
    await services.audit.append(rolloutId, `atRisk~${atUtc.slice(0, 10)}`, {
      atUtc,
      who: 'lowtide',
      what: 'atRisk',
      subject: rolloutId,
      vmId: added.length === 1 ? (added[0]?.one.vm.id ?? null) : null,
      why: `${short} ${facts}`,
      evidence: {
        count: added.length,
        atRiskNow: now.length,
        because: Object.fromEntries(
          added.slice(0, NAMED_MAX).map(({ one, forecast }) => [one.vm.id, forecast.why]),
        ),
      },
    });
  await services.rollouts.saveAtRisk(rolloutId, { added: added.map(({ one }) => one.vm.id), removed });
  return added.length > 0 ? `${short}\n${facts}` : null;
}

/** How many and why; then which VMs, and what there is to do: as a rule nothing. */
export function atRiskSentences(
  added: readonly Pick<FleetVm, 'vm' | 'outcome'>[],
  atRiskNow: number,
  endsUtc: string,
): { readonly short: string; readonly facts: string } {
  const names = listed(
    added.map(({ vm }) => resourceName(vm.id)),
    NAMED_MAX,
  );
  const because = new Map<string, number>();
  for (const { outcome } of added) {
    const why = outcome === null ? 'no turn yet' : outcome.reason;
    because.set(why, (because.get(why) ?? 0) + 1);
  }
  const reasons = [...because].map(([why, count]) => `${why} ${count}`).join(', ');
  const their = added.length === 1 ? 'its' : 'their';
  const facts = [
    `${added.length === 1 ? 'It is' : 'They are'} ${names}.`,
    ...(added.some(({ outcome }) => outcome?.waits) ? [triedAgain(added.length, endsUtc)] : []),
    ...(added.some(({ outcome }) => outcome?.kind === 'unhealthy')
      ? ['A VM that is unhealthy after its update is not tried again: it needs you.']
      : []),
  ];
  return {
    short:
      atRiskNow === added.length
        ? `${vmsText(atRiskNow)} may miss ${their} 30 days (${reasons}).`
        : `${added.length} more may miss ${their} 30 days (${reasons}); ${vmsText(atRiskNow)} are at risk now.`,
    facts: facts.join(' '),
  };
}

function triedAgain(count: number, endsUtc: string): string {
  const until = endsUtc.slice(0, 10);
  return count === 1
    ? `It is tried again in its off-peak hours until ${until}, if it is on then; there is nothing else to do.`
    : `They are tried again by themselves in their off-peak hours until ${until}, if they are on then; nothing else is to be done.`;
}
