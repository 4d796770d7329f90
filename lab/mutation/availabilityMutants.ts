import { planted, type Mutant } from './mutant';

const DISRUPTION = 'domain/disruption.ts';
const LEDGER = 'domain/ledger.ts';
const LEDGER_TESTS = ['tests/domain/ledger.test.ts', 'tests/domain/ledgerModel.test.ts'];

/** Bugs in what may be down together, and in what grants it. */
export const availabilityMutants: readonly Mutant[] = [
  planted(
    'both ends of a geo pair may be down together',
    DISRUPTION,
    ["  if (arePaired(a.region, b.region)) return 'geoPair';\n", ''],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'two zones of a region may be down together',
    DISRUPTION,
    ["  if (a.zone !== b.zone) return 'zones';\n", ''],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'a VM without a zone may be down beside a zone',
    DISRUPTION,
    ['if (a.zone !== b.zone)', 'if (a.zone !== null && b.zone !== null && a.zone !== b.zone)'],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'two update domains of a set may be down together',
    DISRUPTION,
    ["  if (a.updateDomain !== b.updateDomain || a.updateDomain === null) return 'updateDomains';\n", ''],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'VMs of a set whose update domains are not known go together',
    'planning/regionWork.ts',
    ['number === NONE ? 1 : sizeMax', 'sizeMax'],
    'tests/planning/makePlan.test.ts',
  ),
  planted(
    'one VM more than the share of a set may be down',
    DISRUPTION,
    ['count + downCount <= shareMax;', 'count + downCount <= shareMax + 1;'],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'members of a set that are down by themselves do not count',
    DISRUPTION,
    ['count + downCount <= shareMax;', 'count <= shareMax;'],
    ...LEDGER_TESTS,
  ),
  planted(
    'unhealthy VMs do not hold their set',
    'orchestrations/updateDomainRollout.ts',
    [
      '  const { availabilitySetId } = disruption;\n',
      '  const availabilitySetId = null;\n  void disruption;\n',
    ],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'the standalone VMs of a subscription have no share',
    DISRUPTION,
    [
      'for (const { subscription, count, max } of subscriptions)',
      'for (const { subscription, count, max } of subscriptions.slice(1))',
    ],
    ...LEDGER_TESTS,
  ),
  planted(
    'a budget counts each region by itself',
    DISRUPTION,
    [
      "  if (a.budgets !== undefined && b.budgets !== undefined) return fitsBudgets([a, b]) ? null : 'budget';\n",
      '',
    ],
    'tests/domain/budgets.test.ts',
  ),
  planted(
    'a budget has room for one VM more',
    DISRUPTION,
    [
      'sums.set(budget, { count: sum.count + count, max',
      'sums.set(budget, { count: sum.count + count - 1, max',
    ],
    'tests/domain/budgets.test.ts',
  ),
  planted(
    'the ledger does not add up what is down of a budget',
    LEDGER,
    ['return fitsBudgets([...held, wanted]) ? [] :', 'return fitsBudgets([wanted]) ? [] :'],
    'tests/domain/budgets.test.ts',
  ),
  planted(
    'the share of a budget is rounded up',
    'domain/budgets.ts',
    ['Math.floor(((size', 'Math.ceil(((size'],
    'tests/domain/budgets.test.ts',
  ),
  planted(
    'a round begins more VMs of a budget than its claim covers',
    'activities/budgets/budgetShares.ts',
    ['(left.get(name) ?? 0) <= 0', '(left.get(name) ?? 0) < 0'],
    'tests/activities/budgetShares.test.ts',
  ),
  planted(
    'members of a budget that are down leave room as if they were up',
    'activities/collectMembersDown.ts',
    ['budgetRoom(share.max, look.down.size)', 'share.max'],
    'tests/activities/budgetMembers.test.ts',
  ),
  planted(
    'members of a budget that go down after the claim hold nothing back',
    'activities/budgets/budgetShares.ts',
    ['Math.max(0, alone.length - counted)', '0'],
    'tests/activities/budgetMembers.test.ts',
  ),
  planted(
    'a claim is asked for although members that are down use its budget up',
    'orchestrations/awaitClaim.ts',
    ['if (seen.full.length === 0) return', 'if (seen.full.length >= 0) return'],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a round waits until its window closes for members of a budget that are off for good',
    'activities/collectMembersDown.ts',
    ['inVain: seconds >= RESTART_SECONDS_MAX', 'inVain: false'],
    'tests/activities/budgetMembers.test.ts',
  ),
  planted(
    'a catch-up takes VMs of a budget that is used up, in each window again',
    'activities/collectSecondChances.ts',
    ['(await this.#isOfFullBudget(vm, policy))', 'false'],
    'tests/activities/budgetSecondChances.test.ts',
  ),
  planted(
    'the auditor takes no notice of members of a budget that are off',
    'audit/budgetRules.ts',
    ['at - since > seenMs && !down.has(key)', 'at < since'],
    'tests/audit/shares.test.ts',
  ),
  planted(
    'a set of which most members are off is installed as if all were up',
    'activities/advanceRound.ts',
    ['const atOnce = roomInSet(await', 'const atOnce = downCount + roomInSet(await'],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'a set whose updated member falls ill again goes on',
    'activities/advanceRound.ts',
    ['updateDomain, members)) return 0;', 'updateDomain, members)) void 0;'],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'a VM that never came back from the update of last month holds its set no longer',
    'activities/round/setMembers.ts',
    [' || !(await wasProven(services, last))', ''],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'what lets a set go on is read and not probed',
    'activities/round/setMembers.ts',
    ['(one.installedUtc !== null && one.installedUtc >= releasedUtc)', 'one.installedUtc === releasedUtc'],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'a waiver is forgotten when the next update domain starts',
    'activities/round/setMembers.ts',
    [' || last.waivedUtc !== undefined', ''],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'a claim takes no notice of members that are down',
    'activities/lookAtSet.ts',
    ['count: Math.max(1, Math.min(up, room)), downCount: down.size', 'downCount: 0'],
    'tests/activities/membersDown.test.ts',
  ),
  planted(
    'a batch is cut into rounds without regard to shares',
    'planning/roundsOfBatch.ts',
    ['count >= (shares.get(number) ?? 1) ||', ''],
    'tests/planning/makePlan.test.ts',
  ),
  planted(
    'a lane takes a round that another has',
    'store/roundQueues.ts',
    ['const before = row === null ?', 'const before = row !== null && take === 1 ?'],
    'tests/store/roundQueues.test.ts',
  ),
  planted(
    'the share of a set is rounded up',
    DISRUPTION,
    [
      'Math.floor((setSize * policy.setSharePercent) / 100)',
      'Math.ceil((setSize * policy.setSharePercent) / 100)',
    ],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'small sets do not go one by one',
    DISRUPTION,
    ['  if (setSize < policy.setOneByOneBelow) return 1;\n', ''],
    'tests/domain/disruption.test.ts',
  ),
  planted(
    'the claims on a set are not added up',
    LEDGER,
    ['return fitsSet([...inPlace, wanted]) ?', 'return fitsSet([wanted]) ?'],
    ...LEDGER_TESTS,
  ),
  planted(
    'claims are granted against the rules',
    LEDGER,
    ['const because = [...refusals(state, request)];', 'const because: Refusal[] = [];'],
    ...LEDGER_TESTS,
  ),
  planted(
    'the order of the tickets is ignored',
    LEDGER,
    ['if (goesBefore(ticket, request, turn) &&', 'if (ticket.claimId === "" &&'],
    ...LEDGER_TESTS,
  ),
  planted(
    'a release wakes what is refused',
    LEDGER,
    ['refusals(state, request).next().done !== true', 'refusals(state, request).next().done === null'],
    ...LEDGER_TESTS,
  ),
  planted(
    'a ticket that lapsed still goes first',
    LEDGER,
    [
      'ticket.claimId !== claimId && ticket.lapsesUtc >= nowUtc && isAhead(ticket, turn)',
      'ticket.claimId !== claimId && isAhead(ticket, turn)',
    ],
    ...LEDGER_TESTS,
  ),
  planted(
    'a claim that expired is free',
    LEDGER,
    [
      'const rule = conflict(disruption, claim.disruption);',
      'const rule = claim.expiresUtc < request.nowUtc ? null : conflict(disruption, claim.disruption);',
    ],
    ...LEDGER_TESTS,
  ),
  planted(
    'an unhealthy VM does not hold its set',
    LEDGER,
    [
      'if (impairment.availabilitySetId === disruption.availabilitySetId)',
      'if (impairment.availabilitySetId === null)',
    ],
    ...LEDGER_TESTS,
  ),
  planted(
    'a window has room for one catch-up',
    LEDGER,
    [
      'const rule = conflict(disruption, claim.disruption);',
      "const rule = request.kind === claim.kind && claim.kind === 'catchUp' ? 'zones' : conflict(disruption, claim.disruption);",
    ],
    'tests/domain/catchUpTurns.test.ts',
  ),
  planted(
    'a catch-up does not give way to the rounds of a rollout',
    LEDGER,
    [
      "kind === 'catchUp' ? DAY_SECONDS : numberOfPhase(phase)",
      "kind === 'catchUp' ? 0 : numberOfPhase(phase)",
    ],
    'tests/domain/catchUpTurns.test.ts',
  ),
  planted(
    'a catch-up runs between two rounds of the rollout that it keeps waiting',
    'domain/catchUpTurns.ts',
    ['untilUtc > nowUtc &&', 'untilUtc < nowUtc &&'],
    'tests/domain/catchUpTurns.test.ts',
  ),
  planted(
    'a claim asked for twice is taken twice',
    LEDGER,
    ["  if (held) return { state, answer: { kind: 'granted' } };\n", ''],
    ...LEDGER_TESTS,
  ),
  planted(
    'unhealthy VMs are not handed over to the ledger',
    'orchestrations/updateDomainRollout.ts',
    [
      'yield* release(context, input, impairments(context, input, unhealthy));',
      'yield* release(context, input, []);',
    ],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a catch-up goes on without a claim',
    'orchestrations/updateDomainRollout.ts',
    ['if (claim.granted) {', "if (claim.granted || input.kind === 'catchUp') {"],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a refused round leaves its ticket in the queue',
    'orchestrations/updateDomainRollout.ts',
    ['  yield* release(context, input, []); // also takes back the ticket\n', ''],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a suspect claim is freed without asking the platform',
    'orchestrations/ledgerSweep.ts',
    ['  if (inFlight > 0) return;\n', ''],
    'tests/orchestrations/sweeps.test.ts',
  ),
  planted(
    'a round that ends wakes none of those that wait for what it held',
    'orchestrations/releaseClaim.ts',
    ['if (grantable.length > 0)', 'if (grantable.length < 0)'],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a release wakes rounds that exclude each other',
    'domain/ledger.ts',
    ['rest = { ...rest, claims: [...rest.claims, claim] };', 'void claim;'],
    'tests/domain/ledger.test.ts',
  ),
  planted(
    'a set whose round died is let go with its VMs unproven',
    'orchestrations/ledgerSweep.ts',
    ['impaired.slice(start, start + IMPAIRED_TOGETHER_MAX))', '[])'],
    'tests/orchestrations/sweeps.test.ts',
  ),
  planted(
    'an outcome from before its installation proves a VM healthy',
    'activities/settleClaim.ts',
    ['outcome.atUtc > intentUtc && ', ''],
    'tests/activities/settleClaim.test.ts',
  ),
  planted(
    'a set is let go although its VM is still unhealthy',
    'orchestrations/ledgerSweep.ts',
    ["if (answer === 'healthy' || (gone && !listed))", "if (answer !== 'unknown' || (gone && !listed))"],
    'tests/orchestrations/sweeps.test.ts',
  ),
  planted(
    'the claim of a round covers a whole zone less',
    'activities/round/nextRound.ts',
    [
      '    region,\n    zone,\n    availabilitySetId,',
      '    region,\n    zone: null,\n    availabilitySetId,',
    ],
    'tests/activities/chooseRound.test.ts',
  ),
  planted(
    'phases may share a geo pair',
    'planning/phases.ts',
    ['return isAlone(region, taken);', 'return taken.length >= 0 || isAlone(region, taken);'],
    'tests/planning/phases.test.ts',
  ),
  {
    ...planted('a round of a set takes more than its share', 'planning/regionWork.ts', [
      'Math.min(ROUND_SIZE_MAX, setShare(setSize, policy))',
      'Math.min(ROUND_SIZE_MAX, setShare(setSize, policy) + 1)',
    ]),
    tests: ['tests/planning/makePlan.test.ts'],
  },
  planted(
    'a catch-up takes VMs of two update domains in one round',
    'planning/regionWork.ts',
    ['groupBy(inSet, domains)', 'groupBy(inSet, domains.map(() => 0))'],
    'tests/activities/secondChances.test.ts',
  ),
];
