import type { Disruption } from '../../domain/disruption';
import {
  emptyLedger,
  tryAcquire,
  type ClaimAnswer,
  type ClaimRequest,
  type Impairment,
  type LedgerState,
} from '../../domain/ledger';
import { aSet, aVm } from './builders';

export const NINE = '2026-11-13T09:00:00.000Z';
export const DEADLINE = '2026-12-08T18:00:00.000Z';

export const minutesAfter = (utc: string, minutes: number): string =>
  new Date(Date.parse(utc) + minutes * 60_000).toISOString();

/** Ten standalone VMs in zone 1 of eastus. */
export function aDisruption(over: Partial<Disruption> = {}): Disruption {
  return {
    region: 'eastus',
    zone: '1',
    availabilitySetId: null,
    updateDomain: null,
    count: 10,
    shareMax: null,
    ...over,
  };
}

/** Two VMs of an update domain of a set of twenty, of which four may be down. */
export function inSet(name: string, updateDomain: number | null, over: Partial<Disruption> = {}): Disruption {
  return aDisruption({
    zone: null,
    availabilitySetId: aSet(name),
    updateDomain,
    count: 2,
    shareMax: 4,
    ...over,
  });
}

export function aRequest(
  claimId: string,
  disruption: Disruption = aDisruption(),
  over: Partial<ClaimRequest> = {},
): ClaimRequest {
  return {
    claimId,
    kind: 'rollout',
    disruption,
    deadlineUtc: DEADLINE,
    nowUtc: NINE,
    startByUtc: '2026-11-13T09:35:00.000Z',
    expiresUtc: '2026-11-13T11:00:00.000Z',
    ticketLapseSeconds: 900,
    ...over,
  };
}

export function anImpairment(set: string, over: Partial<Impairment> = {}): Impairment {
  return { vmId: aVm().id, availabilitySetId: aSet(set), region: 'eastus', sinceUtc: NINE, ...over };
}

/** A ledger that answers one request after another. */
export class Asked {
  state: LedgerState = emptyLedger;

  ask(request: ClaimRequest): ClaimAnswer {
    const { state, answer } = tryAcquire(this.state, request);
    this.state = state;
    return answer;
  }

  rulesAgainst(request: ClaimRequest): readonly string[] {
    const answer = this.ask(request);
    return answer.kind === 'granted' ? [] : answer.because.map(({ rule }) => rule);
  }
}
