import { createRequire } from 'node:module';
import type { EntityContext } from 'durable-functions';
import { subscriptionKey } from '../../domain/disruption';
import { AvailabilitySetId, childId, keyOf } from '../../domain/ids';
import { emptyLedger, tryAcquire, type ClaimAnswer, type ClaimRequest } from '../../domain/ledger';
import { sha256Hex } from '../../domain/sha256';
import { VmState } from '../../domain/vmState';
import { shortText } from '../../composition/shortText';
import { keptLedger } from '../../domain/ledgerState';
import * as entities from '../../entities/disruptionLedger';
import { virtualMachine } from '../../entities/virtualMachine';
import { ROUND_SUBSCRIPTIONS_MAX, ROUNDS_AT_ONCE_MAX, SETS_AT_ONCE_MAX } from '../../planning/widths';
import { aVm } from '../support/builders';
import { aDisruption, anImpairment, aRequest, inSet, minutesAfter, NINE } from '../support/claims';
import { readAnew } from '../support/readAnew';

const { createEntityFunction, DummyEntityContext } = createRequire(__filename)(
  'durable-functions/lib/src/util/testingUtils',
) as {
  createEntityFunction: (
    entity: (context: EntityContext<unknown>) => void,
  ) => (trigger: object, context: object) => Promise<Reply>;
  DummyEntityContext: new () => object;
};

interface Reply {
  readonly entityExists: boolean;
  readonly entityState?: string;
  readonly results: readonly { readonly isError: boolean; readonly result?: string }[];
}

/** Calls an entity as the host does: on the library's own wrapper, its state as JSON text, several operations in one batch. */
async function batch(
  entity: (context: EntityContext<unknown>) => void,
  state: string | null,
  ...operations: readonly (readonly [name: string, input: unknown])[]
): Promise<{ state: string | null; answers: unknown[]; errors: boolean[] }> {
  const reply = await createEntityFunction(entity)(
    {
      self: { name: 'entity', key: 'key' },
      exists: state !== null,
      state,
      batch: operations.map(([name, input]) => ({ name, input: JSON.stringify(input), isSignal: false })),
    },
    new DummyEntityContext(),
  );
  return {
    state: reply.entityState ?? null,
    answers: reply.results.map(({ result }) =>
      result === undefined ? null : (JSON.parse(result) as unknown),
    ),
    errors: reply.results.map(({ isError }) => isError),
  };
}

const disruptionLedger = entities.disruptionLedger(shortText);

describe('the disruption ledger', () => {
  const expired = minutesAfter('2026-11-13T11:00:00.000Z', 91);

  it('INV-3: grants, refuses and frees, and remembers from one call to the next', async () => {
    const zone2 = aRequest('b', aDisruption({ zone: '2' }));
    const first = await batch(disruptionLedger, null, ['tryAcquire', aRequest('a')], ['tryAcquire', zone2]);
    expect(first.answers).toEqual([
      { kind: 'granted' },
      { kind: 'refused', because: [{ rule: 'zones', by: 'a' }] },
    ]);
    const second = await batch(
      disruptionLedger,
      first.state,
      ['release', { claimId: 'a', impaired: [] }],
      ['tryAcquire', zone2],
    );
    expect(second.answers).toEqual([{ released: true }, { kind: 'granted' }]);
  });

  it('releasing what is not held, a ticket perhaps, is no error', async () => {
    const { answers } = await batch(disruptionLedger, null, ['release', { claimId: 'a', impaired: [] }]);
    expect(answers).toEqual([{ released: false }]);
  });

  it('INV-13: keeps impaired VMs until they are healed', async () => {
    const impaired = [anImpairment('web'), anImpairment('db')];
    const { answers } = await batch(
      disruptionLedger,
      null,
      ['release', { claimId: 'a', impaired }],
      ['heal', { vmIds: [impaired[0]?.vmId] }],
    );
    expect(answers).toEqual([{ released: false }, { impaired: 1 }]);
  });

  it('shows a dozen suspects and impairments at a time, those not shown for longest first', async () => {
    const claims = Array.from({ length: 15 }, (_, n) => ['tryAcquire', aRequest(`claim-${n}`)] as const);
    const impaired = Array.from({ length: 20 }, () => anImpairment('web', { vmId: aVm().id }));
    const inspect = ['inspect', { nowUtc: expired, graceSeconds: 5400 }] as const;
    const { answers } = await batch(
      disruptionLedger,
      null,
      ...claims,
      ['release', { claimId: 'none', impaired }],
      inspect,
      inspect,
    );
    const [first, second] = answers.slice(-2) as {
      suspects: { claimId: string }[];
      impairments: unknown[];
    }[];
    expect([first?.suspects.length, first?.impairments.length]).toEqual([12, 12]);
    expect(JSON.stringify(first).length).toBeLessThan(16_000);
    expect(first?.impairments).toEqual(impaired.slice(0, 12));
    expect(second?.impairments.slice(0, 8)).toEqual(impaired.slice(12));
    expect(second?.suspects.slice(0, 3).map(({ claimId }) => claimId)).toEqual([
      'claim-12',
      'claim-13',
      'claim-14',
    ]);
  });

  const ARM = '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups';
  const setOf = (region: string, n: number): AvailabilitySetId => {
    const name = `payments-${region}-${sha256Hex(`${region} ${n}`, 6)}`;
    return AvailabilitySetId.parse(
      `${ARM}/rg-${name}/providers/Microsoft.Compute/availabilitySets/as-${name}`,
    );
  };
  /** A round as the plan of a region with so many sets has them: ids as long as they come. */
  const roundOfSet = (region: string, n: number): ClaimRequest =>
    aRequest(
      childId(`rollout-2026-11.1:phase-2:${region}:regional:${keyOf(setOf(region, n))}`, `${n % 9}-1`),
      inSet('x', n % 5, { availabilitySetId: setOf(region, n), region }),
    );
  /** A round of standalone VMs with as many subscriptions as a round may have. */
  const roundOfBatch = (region: string, n: number): ClaimRequest =>
    aRequest(
      `rollout-2026-11.1:phase-2:${region}:regional:batches:batch-3:${n}:${n}-${n * 3}`,
      aDisruption({
        region,
        zone: null,
        count: 80,
        subscriptions: Array.from({ length: ROUND_SUBSCRIPTIONS_MAX }, (_, at) => ({
          subscription: subscriptionKey(`${ARM} ${at}`),
          count: 1 + ((n * 7 + at * 3) % 5),
          max: 150 + at,
        })),
      }),
    );
  const regionOf = (region: string): readonly ClaimRequest[] => [
    ...Array.from({ length: SETS_AT_ONCE_MAX }, (_, n) => roundOfSet(region, n)),
    ...Array.from({ length: ROUNDS_AT_ONCE_MAX }, (_, n) => roundOfBatch(region, n)),
  ];

  it('has room for all rounds that a region has under way at once, and for the tickets of as many that wait in the region it is paired with', async () => {
    const [running, waiting] = [regionOf('eastus2'), regionOf('centralus')];
    const asked = [...running, ...waiting].map((request) => ['tryAcquire', request] as const);
    const { state, answers } = await batch(disruptionLedger, null, ...asked);
    expect((state ?? '').length).toBeLessThan(16_000);
    const rules = (answers as ClaimAnswer[]).map((answer) =>
      answer.kind === 'granted' ? [] : [...new Set(answer.because.map(({ rule }) => rule))],
    );
    expect(rules).toEqual([...running.map(() => []), ...waiting.map(() => ['geoPair'])]);
    const kept = readAnew(state);
    expect(kept.claims.map(({ claimId }) => claimId)).toEqual(running.map(({ claimId }) => claimId));
    expect(kept.tickets.map(({ disruption }) => disruption)).toEqual(
      waiting.map(({ disruption }) => disruption),
    );
  });

  it('stays under 16 KB however many sets want their turn, and takes up what was left out when there is room', async () => {
    const region = 'southcentralus';
    let half = emptyLedger;
    for (let n = 0; n < 300; n += 1) half = tryAcquire(half, roundOfSet(region, n)).state;
    const rest = Array.from({ length: 100 }, (_, n) => ['tryAcquire', roundOfSet(region, 900 + n)] as const);
    const { state, answers } = await batch(
      disruptionLedger,
      JSON.stringify(keptLedger(half, emptyLedger, shortText)),
      ...rest,
    );
    expect((state ?? '').length).toBeLessThan(16_000);
    expect(answers[0]).toEqual({ kind: 'granted' });
    const full = { rule: 'ledgerFull', by: region };
    expect(answers.at(-1)).toEqual({ kind: 'refused', because: [full] });
    const [paired] = (await batch(disruptionLedger, state, ['tryAcquire', roundOfSet('northcentralus', 0)]))
      .answers as [{ because: readonly unknown[] }];
    // Without a ticket it is not woken: what refuses it says so, and it asks again soon.
    expect(paired.because[0]).toEqual({ rule: 'ledgerFull', by: 'northcentralus' });
    const room = await batch(
      disruptionLedger,
      state,
      // Two: how much room one leaves depends on what the others have in common with it.
      ['release', { claimId: roundOfSet(region, 0).claimId, impaired: [] }],
      ['release', { claimId: roundOfSet(region, 1).claimId, impaired: [] }],
      ['tryAcquire', roundOfSet(region, 999)],
    );
    expect(room.answers.at(-1)).toEqual({ kind: 'granted' });
  });

  it('shortens a text quickly, and as far as it gets where that leaves it too long', () => {
    const text = JSON.stringify(Array.from({ length: 400 }, (_, n) => roundOfSet('southcentralus', n)));
    const [quick, short] = [shortText.shorten(text, text.length), shortText.shorten(text, 0)];
    expect(short.length).toBeLessThan(quick.length);
    expect([quick, short].map(shortText.restore)).toEqual([text, text]);
  });

  it('looking changes nothing', async () => {
    const { state } = await batch(disruptionLedger, null, ['tryAcquire', aRequest('a')]);
    const looked = await batch(disruptionLedger, state, ['inspect', { nowUtc: NINE, graceSeconds: 0 }]);
    expect(looked.state).toBe(state);
  });

  it('an operation it does not have fails with words, and leaves its state alone', async () => {
    const { state } = await batch(disruptionLedger, null, ['tryAcquire', aRequest('a')]);
    const failed = await batch(disruptionLedger, state, ['forget', {}]);
    expect(failed.errors).toEqual([true]);
    expect(failed.answers).toEqual(["The ledger has no operation 'forget'."]);
    expect(failed.state).toBe(state);
  });

  it('a request it does not understand grants nothing', async () => {
    const { errors, state } = await batch(disruptionLedger, null, ['tryAcquire', { claimId: 'a' }]);
    expect(errors).toEqual([true]);
    expect(state).toBeNull();
  });
});

describe('a virtual machine', () => {
  it('folds what happens to it into its state', async () => {
    const { state } = await batch(
      virtualMachine,
      null,
      ['apply', { kind: 'enablement', state: 'ready', atUtc: NINE, detail: 'done' }],
      ['apply', { kind: 'installStarted', claimId: 'claim-1' }],
    );
    expect(VmState.parse(JSON.parse(state ?? 'null'))).toMatchObject({
      enablement: { kind: 'ready', sinceUtc: NINE },
      installSlot: 'claim-1',
    });
  });

  it('has one operation', async () => {
    const { answers, state } = await batch(virtualMachine, null, ['reset', {}]);
    expect(answers).toEqual(["A virtual machine has no operation 'reset'."]);
    expect(state).toBeNull();
  });
});
