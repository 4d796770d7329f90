import type { Services, WakingServices } from '../activities/services';
import { wakeWaits } from '../activities/rollout/wake';
import type { Halt } from '../domain/control';
import {
  describeScope,
  isSameScope,
  keyOfDecision,
  keyOfScope,
  type ControlScope,
} from '../domain/controlScope';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { NO_PHASE } from '../domain/phaseId';
import { answerHalts, DONE, type DecisionKind } from './decideRollout';
import { placesSelected } from './fleetIndex';
import { fleetView } from './fleetView';
import { openRollout } from './openRollout';
import { overtakenBy } from './overtakenBy';
import { refuseUnseen, type Seen } from './refuseUnseen';

/**
 * Carries out what a person decided about a part of a rollout. A pause is a row like that of a halt, which everything that is about to start
 * something reads; resume, skip and cancel answer it, and the halts that a gate made of the same part. It is apart from `decideRollout`,
 * which changes the mode of the rollout's row: a part has no mode, and its halt is the only place where the decision stands.
 */
export async function decideScope(
  services: WakingServices,
  id: RolloutId,
  kind: DecisionKind,
  scope: ControlScope,
  who: { readonly by: string; readonly reason: string },
  seen: Seen = {},
): Promise<void> {
  const control = await openRollout(services, id);
  await refuseUnknown(services, id, scope);
  const atUtc = services.nowUtc();
  const isMeant = (halt: Halt): boolean => isAbout(halt, scope);
  const open = (await services.rollouts.halts(id)).filter((halt) => halt.decision === null && isMeant(halt));
  if (kind === 'resume' ? open.length === 0 : kind === 'pause' && open.some(({ asked }) => asked))
    throw nothingToDecide(id, kind, scope);
  if (kind === 'resume' || kind === 'skip') refuseUnseen(control, open, seen);

  // The audit first for what lets something start, and last for what keeps it from starting: never the other way round.
  const writeDown = (): Promise<void> =>
    services.audit.appendNew(id, keyOfDecision(scope, kind, atUtc), {
      atUtc,
      who: who.by,
      what: DONE[kind],
      subject: describeScope(scope),
      vmId: 'vm' in scope ? scope.vm : null,
      why: who.reason,
      evidence: { scope, halts: open.map(({ haltId }) => haltId) },
    });
  if (kind === 'resume') await writeDown();
  if (kind !== 'resume') {
    const decision = kind === 'pause' ? null : { kind, ...who, atUtc };
    await addAsked(services, id, askedHalt(scope, who.reason, atUtc, decision));
  }
  if (kind !== 'pause') await answerHalts(services, id, open, { kind, ...who, atUtc });
  if (kind !== 'resume') await writeDown();
  // A part that was skipped or cancelled is given up, whatever else stands there.
  const overtaken =
    kind === 'resume'
      ? await overtakenBy(services, id, { kind, answered: open, isMeant, liftsPause: false })
      : null;
  await wakeWaits(services, id, null);
  if (overtaken !== null) throw overtaken;
}

/** What is not of the rollout would be paused without a word, and the part that was meant would go on. */
async function refuseUnknown(services: Services, id: RolloutId, scope: ControlScope): Promise<void> {
  const phases = await services.rollouts.phases(id);
  if (phases.length === 0) return; // not planned yet
  const known = (): readonly string[] => {
    if ('phase' in scope) return phases.map(({ phase }) => phase);
    return [...new Set(phases.flatMap(({ regions }) => regions))].sort();
  };
  if ('phase' in scope && known().includes(scope.phase)) return;
  if ('region' in scope && known().includes(scope.region)) return;
  if ('vm' in scope && (await services.inventory.read(scope.vm)) !== null) return;
  if ('availabilitySet' in scope) {
    const view = await fleetView(services);
    const { availabilitySet } = scope;
    if ((await placesSelected(view, { availabilitySet }))?.length !== 0) return;
  }
  const isOfFleet = 'vm' in scope || 'availabilitySet' in scope;
  throw new LowtideError('REQUEST_INVALID', {
    what: `${id} has no ${describeScope(scope)}.`,
    why: isOfFleet ? 'The inventory does not have it.' : `It has ${known().join(', ')}.`,
    fix: isOfFleet ? 'GET /api/fleet?search=NAME has the ARM ids.' : 'Name one of them.',
  });
}

/**
 * An earlier decision about the same part may be of the same instant, while a virtual clock stands still or of two people: one that was
 * answered keeps its row, and does not take the place of this one. A pause that stands already needs no second.
 */
async function addAsked(services: WakingServices, id: RolloutId, halt: Halt): Promise<void> {
  for (let haltId = halt.haltId, n = 2; ; haltId = `${halt.haltId}~${n}`, n += 1) {
    if (await services.rollouts.addHalt(id, { ...halt, haltId })) return;
    const standing = (await services.rollouts.halts(id)).find((one) => one.haltId === haltId);
    if (halt.decision === null && standing?.decision === null) return;
  }
}

function askedHalt(scope: ControlScope, why: string, atUtc: string, decision: Halt['decision']): Halt {
  return {
    haltId: `asked~${keyOfScope(scope)}~${atUtc}`,
    kind: 'hold',
    phase: 'phase' in scope ? scope.phase : NO_PHASE,
    region: 'region' in scope ? scope.region : null,
    why,
    atUtc,
    decision,
    asked: scope,
  };
}

/** What a person paused there before, and the halts that gates made of the same phase or region. */
export function isAbout({ asked, phase, region, scope: stopped }: Halt, scope: ControlScope): boolean {
  if (asked) return isSameScope(asked, scope);
  if (stopped !== undefined && stopped.kind !== 'region') return false;
  if ('phase' in scope) return phase === scope.phase && region === null;
  return 'region' in scope && region === scope.region;
}

function nothingToDecide(id: RolloutId, kind: DecisionKind, scope: ControlScope): LowtideError {
  const what = describeScope(scope);
  return new LowtideError('NOTHING_TO_DECIDE', {
    what: `There is nothing to ${kind} in ${what} of ${id}.`,
    why: kind === 'pause' ? 'It is paused already.' : 'It is neither paused nor halted separately.',
    fix: `See the halts of GET /api/rollouts/${id}.`,
  });
}
