import { closesByTimeMs } from '../domain/gates';
import { utcOf } from '../domain/instants';
import * as contracts from './contracts';
import { activity } from './services';

export const openPhase = activity(contracts.openPhase, async (services, { rolloutId, phase }) => {
  const phases = await services.rollouts.phases(rolloutId);
  const index = phases.findIndex((one) => one.phase === phase);
  const record = phases[index];
  if (!record) throw new Error(`Rollout ${rolloutId} has no phase ${phase}.`);
  if (record.startedUtc !== null) return { startedUtc: record.startedUtc };

  const startedUtc = services.nowUtc();
  await services.audit.append(rolloutId, `${phase}~phaseStarted`, {
    atUtc: startedUtc,
    who: 'lowtide',
    what: 'phaseStarted',
    subject: phase,
    vmId: null,
    why: index === 0 ? beginsWith(record.ring) : 'The gate of the phase before has opened.',
    evidence: { regions: record.regions, vmCount: record.vmCount },
  });
  const plan = await services.plans.readSummary(rolloutId);
  const { timeZones } = plan?.phases.find((one) => one.phase === phase) ?? { timeZones: [] };
  const closesUtc = utcOf(closesByTimeMs(Date.parse(startedUtc), timeZones, services.policy));
  await services.rollouts.savePhase(rolloutId, { ...record, startedUtc, closesUtc });
  return { startedUtc };
});

const beginsWith = (ring: string | null | undefined): string =>
  ring ? `The rollout begins with the ring ${ring}.` : 'The rollout begins with its canary phase.';
