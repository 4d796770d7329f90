import type { Disruption } from '../../domain/disruption';
import { emergencyPatchesOf } from '../../domain/emergency';
import type { VmId } from '../../domain/ids';
import { passesByItself } from '../../domain/refusals';
import type { Observation, OpenVmUpdate } from '../../domain/vmUpdate';
import type { OperationAnswer } from '../../drivers/driver';
import { assessmentOf } from '../fleet/assessmentAnswer';
import type * as contracts from '../contracts';
import { followInstall } from '../collectInstall';
import { surelyRuns } from './installOperation';
import { keepAssessed } from '../fleet/keepPatches';
import { lookWith, rowsOf, type ControlRows } from './lookAtVm';
import type { Services } from '../services';
import { installInTurn } from './startInstall';

/** The round that VMs are updated in: where it is, and the claim it runs under. */
export interface RoundInFlight extends contracts.RoundRef {
  readonly claim: contracts.RoundClaim;
  readonly disruption: Disruption;
  /** Of this call, for all VMs that it looks at. */
  readonly rows: ControlRows;
}

/** For one call on the round. */
export function inFlight(
  services: Services,
  {
    ref,
    claim,
    disruption,
  }: Pick<RoundInFlight, 'claim' | 'disruption'> & { readonly ref: contracts.RoundRef },
): RoundInFlight {
  return Object.assign({}, ref, { claim, disruption, rows: rowsOf(services, ref.rolloutId) });
}

/** `askExposure` is answered for all VMs of a round together, see advanceRound. */
export type VmStep = Exclude<OpenVmUpdate, { kind: 'askExposure' }>;

/** Does what is next for a VM of a round, and says what came of it. Each step may be repeated. Throws when its outcome is not known. */
export async function takeStep(
  services: Services,
  round: RoundInFlight,
  vmId: VmId,
  update: VmStep,
): Promise<Observation> {
  const { rolloutId, phase, region, claim } = round;
  switch (update.kind) {
    case 'look': {
      const input = { rolloutId, phase, region, vmId, claimed: round.disruption };
      const answer = await lookWith(services, round.rows, input);
      if (answer.kind === 'end') return { of: 'look', obstacle: answer.outcome };
      return { of: 'look', family: answer.family };
    }
    case 'startAssessment':
      return startAssessment(services, vmId);
    case 'readAssessment':
      return readAssessment(services, vmId, update.operationId);
    case 'startInstall': {
      const { sinceUtc, family } = update;
      const input = { rolloutId, phase, region, vmId, claim, sinceUtc, family };
      return { of: 'startInstall', answer: await installInTurn(services, input) };
    }
    case 'readInstall': {
      const { sinceUtc, install } = update;
      if (install !== null && (await surelyRuns(services, install)))
        return { of: 'readInstall', answer: { kind: 'running' } };
      const answer = await followInstall(services, { region, vmId, claimId: claim.claimId, sinceUtc });
      return { of: 'readInstall', answer };
    }
    case 'probe':
      return probe(services, vmId);
  }
}

async function startAssessment({ driver }: Services, vmId: VmId): Promise<Observation> {
  const answer = await driver.startAssessment(vmId);
  if (answer.kind === 'started') return { of: 'startAssessment', operationId: answer.operationId };
  const { code, message, retryAfterSeconds } = answer;
  return { of: 'startAssessment', refusal: { passes: passesByItself(code), message, retryAfterSeconds } };
}

async function readAssessment(services: Services, vmId: VmId, operationId: string): Promise<Observation> {
  const answer = await services.driver.readOperation(operationId);
  if (answer.kind === 'assessed') await keepAssessed(services, [{ vmId, answer }]);
  const assessed = assessmentOf(answer);
  const isWanted = assessed.kind !== 'assessed' || isOfEmergency(services, answer);
  return { of: 'readAssessment', answer: isWanted ? assessed : { ...assessed, nothingWanted: true } };
}

/** Whether an emergency has something for a VM that lacks these patches. Where the platform names none, it may. */
function isOfEmergency({ emergency }: Services, answer: OperationAnswer): boolean {
  if (emergency === undefined || answer.kind !== 'assessed' || answer.patches === undefined) return true;
  return emergencyPatchesOf(emergency.patches, answer.patches).length > 0;
}

async function probe(services: Services, vmId: VmId): Promise<Observation> {
  const seen = await services.driver.probeHealth(vmId);
  const atUtc = services.nowUtc();
  if (seen === null)
    return { of: 'probe', health: { answer: 'stopped', because: 'the VM no longer exists', atUtc } };
  return { of: 'probe', health: { answer: seen.answer, because: seen.because, atUtc } };
}
