import { createRequire } from 'node:module';
import type { EntityContext } from 'durable-functions';
import { VmState } from '../../domain/vmState';
import { disruptionLedger } from '../../entities/disruptionLedger';
import { virtualMachine } from '../../entities/virtualMachine';
import { aVm } from '../support/builders';
import { aDisruption, anImpairment, aRequest, minutesAfter, NINE } from '../support/claims';
import { anAssessment } from '../support/fakeDriver';

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

  it('shows at most forty suspects and impairments: an answer is a message', async () => {
    const claims = Array.from({ length: 60 }, (_, n) => ['tryAcquire', aRequest(`claim-${n}`)] as const);
    const impaired = Array.from({ length: 60 }, () => anImpairment('web', { vmId: aVm().id }));
    const { answers } = await batch(
      disruptionLedger,
      null,
      ...claims,
      ['release', { claimId: 'none', impaired }],
      ['inspect', { nowUtc: expired, graceSeconds: 5400 }],
    );
    const found = answers.at(-1) as { suspects: unknown[]; impairments: unknown[] };
    expect([found.suspects.length, found.impairments.length]).toEqual([40, 40]);
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
  it('R-802: folds what happens to it into its state', async () => {
    const { state } = await batch(
      virtualMachine,
      null,
      ['apply', { kind: 'assessed', summary: anAssessment() }],
      ['apply', { kind: 'installStarted', claimId: 'claim-1' }],
    );
    expect(VmState.parse(JSON.parse(state ?? 'null'))).toMatchObject({
      lastAssessment: anAssessment(),
      installSlot: 'claim-1',
    });
  });

  it('has one operation', async () => {
    const { answers, state } = await batch(virtualMachine, null, ['reset', {}]);
    expect(answers).toEqual(["A virtual machine has no operation 'reset'."]);
    expect(state).toBeNull();
  });
});
