import { createRequire } from 'node:module';
import type { EntityContext } from 'durable-functions';
import { AvailabilitySetId } from '../../domain/ids';
import type { ClaimRequest } from '../../domain/ledger';
import { VmState } from '../../domain/vmState';
import { disruptionLedger } from '../../entities/disruptionLedger';
import { virtualMachine } from '../../entities/virtualMachine';
import { aVm } from '../support/builders';
import { aDisruption, anImpairment, aRequest, inSet, minutesAfter, NINE } from '../support/claims';

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

  const ARM = '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-payments-production';
  const longSet = (n: number): AvailabilitySetId =>
    AvailabilitySetId.parse(`${ARM}-${n}/providers/Microsoft.Compute/availabilitySets/payments-web-${n}`);
  /** A round as the plan of a region with so many sets has them: ids as long as they come. */
  const roundOfSet = (n: number): ClaimRequest =>
    aRequest(
      `rollout-2026-11.1:phase-2:southcentralus:regional:payments-web-production-${n}-0a1b2c3d4e5f0a1b2c3d4e5f:1-1`,
      inSet('x', n % 5, { availabilitySetId: longSet(n), region: 'southcentralus' }),
    );

  it('stays under 16 KB with a thousand sets that want their turn, and takes up what was left out when there is room', async () => {
    const wanted = Array.from({ length: 1000 }, (_, n) => ['tryAcquire', roundOfSet(n)] as const);
    const { state, answers } = await batch(disruptionLedger, null, ...wanted);
    expect((state ?? '').length).toBeLessThan(16_000);
    const granted = (answers as { kind: string }[]).filter(({ kind }) => kind === 'granted').length;
    expect(granted).toBeGreaterThanOrEqual(80);
    expect(answers.at(-1)).toEqual({
      kind: 'refused',
      because: [{ rule: 'ledgerFull', by: 'southcentralus' }],
    });
    const room = await batch(
      disruptionLedger,
      state,
      ['release', { claimId: roundOfSet(0).claimId, impaired: [] }],
      ['tryAcquire', roundOfSet(999)],
    );
    expect(room.answers.at(-1)).toEqual({ kind: 'granted' });
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
