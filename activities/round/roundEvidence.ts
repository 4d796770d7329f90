import type { Halt } from '../../domain/control';
import type { UpdateResult } from '../../domain/evidence';
import { checkRound, sameScope, type EvidenceDecision, type StoppedScope } from '../../domain/evidenceRules';
import { ImageFamily } from '../../domain/imageFamily';
import {
  addBakeSeen,
  addRoundResults,
  closeRound,
  decideOnEvidence,
  forgive,
  grantRound,
  returnGrants,
  type AnsweredHalt,
  type BakeSeen,
  type InstallRequested,
  type RolloutEvidence,
  type RoundResult,
} from '../../domain/rolloutEvidence';
import type { RoundProgress } from '../../store/roundProgress';
import type { RoundRef } from '../contracts';
import { rolloutOf } from '../rollout/control';
import { auditHalt, writeHalt } from '../rollout/halts';
import type { Services } from '../services';
import { resourceName, type RolloutId } from '../../domain/ids';

type Vms = RoundProgress['vms'];

/** Which of the VMs that ask may start their installation now, by their place in the round (INV-14). */
export async function grantInstallsTo(
  services: Services,
  ref: RoundRef,
  claimId: string,
  asked: readonly InstallRequested[],
): Promise<ReadonlySet<number>> {
  if (asked.length === 0) return new Set();
  let granted: ReadonlySet<number> = new Set();
  const evidence = await services.evidence.update(ref.rolloutId, (before) => {
    const grant = grantRound(before, claimId, asked, services.policy);
    ({ granted } = grant);
    return grant.evidence;
  });
  if (granted.size < asked.length) await haltOnEvidence(services, ref, evidence);
  return granted;
}

/** Counts how VMs of a round ended, and halts what the evidence says must be halted. Counting again what was counted changes nothing. */
export async function tellResults(
  services: Services,
  ref: RoundRef,
  claimId: string,
  vms: Vms,
): Promise<void> {
  const ended = vms.filter(({ update }) => update.kind === 'ended').length;
  const counted = countedBy(services);
  if (ended === 0 || counted.get(claimId) === ended) return;
  await count(services, ref, claimId, vms, (evidence) => evidence);
  counted.set(claimId, ended);
}

/** By claim: how many endings of its round this process has counted. It spares a look; what is counted is in the evidence alone. */
const COUNTED = new WeakMap<Services['evidence'], Map<string, number>>();

function countedBy({ evidence }: Services): Map<string, number> {
  const counted = COUNTED.get(evidence) ?? new Map<string, number>();
  COUNTED.set(evidence, counted);
  if (counted.size > COUNTED_MAX) counted.clear();
  return counted;
}

/** Rounds that another host closes stay in it. */
const COUNTED_MAX = 10_000;

async function count(
  services: Services,
  ref: RoundRef,
  claimId: string,
  vms: Vms,
  then: (evidence: RolloutEvidence) => RolloutEvidence,
): Promise<void> {
  const results = resultsOf(vms, ref.region);
  const returned = notStarted(vms);
  const evidence = await services.evidence.update(ref.rolloutId, (before) =>
    then(addRoundResults(returnGrants(before, claimId, returned), claimId, results, services.policy)),
  );
  if (results.length + returned.length > 0) await haltOnEvidence(services, ref, evidence);
}

/** Counts what is not counted yet of a round that has ended, drops its own memory, and halts for what it shows by itself. */
export async function closeRoundEvidence(
  services: Services,
  ref: RoundRef,
  claimId: string,
  vms: Vms,
): Promise<void> {
  await count(services, ref, claimId, vms, (evidence) =>
    closeRound(evidence, claimId, (place) => vms[place]?.vmId ?? null),
  );
  countedBy(services).delete(claimId);
  const results = resultsOf(vms, ref.region).map((result) => ({ ...result, canary: false }));
  const familyOf = new Map(results.map(({ place, family }) => [place, family]));
  const decisionsOn = (tried: readonly UpdateResult[]): readonly EvidenceDecision[] =>
    checkRound(results, ({ place }) => ImageFamily.parse(familyOf.get(place)), services.policy, tried);
  if (decisionsOn(results).length === 0) return;
  const halts = await services.rollouts.halts(ref.rolloutId);
  await writeDecisions(services, ref, decisionsOn(results.filter(notYetAnswered(halts, ref.region))), halts);
}

/** Installs that failed before a person let the region go on are not held against it again. */
function notYetAnswered(halts: readonly Halt[], region: string): (result: UpdateResult) => boolean {
  const answered = halts.flatMap(({ kind, scope, decision }) =>
    kind === 'hold' && scope?.kind === 'region' && scope.region === region && decision !== null
      ? [decision.atUtc]
      : [],
  );
  return ({ atUtc }) => answered.every((decidedUtc) => decidedUtc < atUtc);
}

/** What the look after the bake has found of VMs that were proven healthy: each counts once. */
export async function tellBakeSeen(services: Services, ref: HaltPlace, seen: BakeSeen): Promise<void> {
  const evidence = await services.evidence.update(ref.rolloutId, (before) =>
    addBakeSeen(before, seen, services.policy),
  );
  if (seen.turned.length > 0) await haltOnEvidence(services, ref, evidence);
}

/** Where a halt is written down. */
type HaltPlace = Pick<RoundRef, 'rolloutId' | 'phase'>;

/**
 * A person's decision forgives what the halts that it answers were about: at once, for what comes later no person has seen. Where that was cut off,
 * it is made up for when the evidence is next looked at.
 */
export async function forgiveAnswered(
  services: Pick<Services, 'rollouts' | 'evidence'>,
  rolloutId: RolloutId,
): Promise<void> {
  const halts = await services.rollouts.halts(rolloutId);
  await services.evidence.update(rolloutId, (before) => forgive(before, answeredIn(halts)));
}

const answeredIn = (halts: readonly Halt[]): readonly AnsweredHalt[] =>
  halts.flatMap(({ haltId, scope, decision }) =>
    scope !== undefined && decision !== null ? [{ haltId, scope }] : [],
  );

async function haltOnEvidence(services: Services, ref: HaltPlace, seen: RolloutEvidence): Promise<void> {
  const { rolloutId } = ref;
  const { unhealthyCount, failedCount } = seen.rollout;
  const isClean = unhealthyCount + failedCount === 0;
  if (isClean && decideOnEvidence(seen, 0, services.policy).length === 0) return; // nothing to halt for, nothing to forgive
  const halts = await services.rollouts.halts(rolloutId);
  const isForgiven = answeredIn(halts).every(({ haltId }) => seen.answered.includes(haltId));
  const evidence = isForgiven
    ? seen
    : await services.evidence.update(rolloutId, (before) => forgive(before, answeredIn(halts)));
  // The limits of a small rollout are the strictest: what they allow needs no look at how large this one is.
  if (decideOnEvidence(evidence, 0, services.policy).length === 0) return;
  const control = await rolloutOf(services, rolloutId);
  await writeDecisions(
    services,
    ref,
    decideOnEvidence(evidence, control.vmCount ?? 0, services.policy),
    halts,
  );
}

/** Each decision is one halt, until a person has answered it; a new one of the same kind is another. */
async function writeDecisions(
  services: Services,
  { rolloutId, phase }: HaltPlace,
  decisions: readonly EvidenceDecision[],
  known?: readonly Halt[],
): Promise<void> {
  if (decisions.length === 0) return;
  const halts = known ?? (await services.rollouts.halts(rolloutId));
  for (const decision of decisions) {
    const { rule, scope } = decision;
    const name = `${EVIDENCE}.${rule}.${scopeName(scope)}`;
    // Families may be named alike: `redhat:rhel:8` and `redhat:rhel:8.1`.
    const alike = halts.filter(({ haltId }) => haltId.startsWith(`${name}.`));
    const standing = alike.find((halt) => halt.decision === null && isOfScope(halt, scope));
    const halt = {
      haltId: standing?.haltId ?? `${name}.${alike.length + 1}`,
      kind: decision.kind,
      why: sentenceOf(decision),
      evidence: factsOf(decision),
    };
    if (standing !== undefined) {
      await auditHalt(services, rolloutId, halt);
      continue;
    }
    const region = scope.kind === 'region' ? scope.region : null;
    await writeHalt(services, rolloutId, Object.assign({}, halt, { phase, region, scope }));
  }
}

const EVIDENCE = 'evidence';

const isOfScope = (halt: Halt, scope: StoppedScope): boolean =>
  halt.scope !== undefined && sameScope(halt.scope, scope);

function scopeName(scope: StoppedScope): string {
  switch (scope.kind) {
    case 'family':
      return scope.family.replace(/[^a-z0-9.:-]/gi, '-');
    case 'region':
      return scope.region;
    case 'rollout':
      return 'rollout';
  }
}

const inWords = (scope: StoppedScope): string => {
  if (scope.kind === 'family') return `image family ${scope.family}`;
  return scope.kind === 'region' ? `region ${scope.region}` : 'the rollout';
};

function sentenceOf(decision: EvidenceDecision): string {
  const where = inWords(decision.scope);
  if (decision.kind === 'hold') {
    const { failedCount, triedCount, rule, isOfRound } = decision;
    const within = isOfRound === true ? `one round in ${where}` : where;
    return rule === 'installsFail'
      ? `installation failed on ${failedCount} of ${triedCount} VMs of ${within}: a bad patch source?`
      : `all ${triedCount} installations that ${where} was allowed have ended, and too few of its VMs proved healthy`;
  }
  const { unhealthyCount, resultCount, odds, vms, rule } = decision;
  const percent = odds.chance * 100;
  const chance =
    percent < 0.01 ? 'less than 0.01 %' : `${percent >= 99.5 ? '100' : percent.toPrecision(2)} %`;
  const canary = rule === 'canaryUnhealthy' ? ', the canary among them,' : '';
  const named = vms.map(resourceName).join(', ');
  return (
    `${unhealthyCount} of ${resultCount} VMs of ${where}${canary} are unhealthy after their update (${named}); ` +
    `with a good patch the probability of this many is ${chance}`
  );
}

function factsOf(decision: EvidenceDecision): Readonly<Record<string, unknown>> {
  const { scope, rule } = decision;
  const family = scope.kind === 'family' ? { family: scope.family } : {};
  if (decision.kind === 'hold')
    return { rule, ...family, failed: decision.failedCount, tried: decision.triedCount };
  const { unhealthyCount, resultCount, odds, vms, patchesInCommon } = decision;
  return { rule, ...family, unhealthy: unhealthyCount, results: resultCount, odds, vms, patchesInCommon };
}

function resultsOf(vms: Vms, region: string): RoundResult[] {
  return vms.flatMap(({ vmId, update }, place) => {
    if (update.kind !== 'ended' || update.family === null) return [];
    const { result, endedUtc, family } = update;
    if (result === null || result === 'notStarted') return [];
    return [{ vm: vmId, place, kind: result, atUtc: endedUtc, region, family, patches: [] }];
  });
}

function notStarted(vms: Vms): InstallRequested[] {
  return vms.flatMap(({ update }, place) =>
    update.kind === 'ended' && update.family !== null && update.result === 'notStarted'
      ? [{ place, family: update.family }]
      : [],
  );
}
