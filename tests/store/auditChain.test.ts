import { auditStore, type AuditStore } from '../../store/audit';
import type { AuditRow } from '../../store/auditRow';
import { linked } from '../../store/auditChain';
import { memoryStore } from '../../store/memoryTable';
import type { Store, Table } from '../../store/store';

const CHAIN = 'rollout-2026-11';

const aRow = (n: number): AuditRow => ({
  atUtc: '2026-11-13T03:15:00.000Z',
  who: 'ops',
  what: 'paused',
  subject: CHAIN,
  vmId: null,
  why: `Decision ${n}.`,
  evidence: { n, nested: { b: 1, a: [1, 2] } },
});

async function aChain(count = 5): Promise<{ store: Store; table: Table; audit: AuditStore }> {
  const store = memoryStore();
  const audit = auditStore(store);
  for (let n = 1; n <= count; n += 1) await audit.append(CHAIN, `decision-${n}`, aRow(n));
  return { store, table: store.table('audit'), audit };
}

const key = (seq: number): string => `c~${String(seq).padStart(10, '0')}`;

const kindsOf = async (audit: AuditStore): Promise<readonly string[]> =>
  (await audit.verify(CHAIN)).faults.map(({ seq, kind }) => `${kind} ${seq}`);

describe('the audit is a chain', () => {
  it('of rows in the order in which they were written, numbered without a gap', async () => {
    const { audit } = await aChain();
    const { value, next } = await audit.page(CHAIN, '');
    expect(value.map(({ seq, why }) => [seq, why])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [n, `Decision ${n}.`]),
    );
    expect(next).toBeNull();
    expect((await audit.page(CHAIN, '3')).value.map(({ seq }) => seq)).toEqual([4, 5]);
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 5, faults: [], head: value[4]?.hash });
    expect(await audit.chains()).toEqual([CHAIN]);
  });

  it('that is read in pages as large as asked for', async () => {
    const { audit } = await aChain();
    const pages: number[][] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: Awaited<ReturnType<AuditStore['page']>> = await audit.page(CHAIN, after, 2);
      pages.push(page.value.map(({ seq }) => seq));
      after = page.next;
    }
    expect(pages).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('in which a decision that is written twice stands once, with the words of the first time', async () => {
    const { store, audit } = await aChain();
    await audit.append(CHAIN, 'decision-2', aRow(99));
    await auditStore(store).append(CHAIN, 'decision-4', aRow(99)); // another process
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 5, faults: [] });
    expect([await audit.has(CHAIN, 'decision-2'), await audit.has(CHAIN, 'decision-9')]).toEqual([
      true,
      false,
    ]);
  });

  it('in which decisions of people that are alike and of one instant are rows of their own', async () => {
    const { table, audit } = await aChain(2);
    await Promise.all([11, 12, 13].map((n) => audit.appendNew(CHAIN, 'decision-1', aRow(n))));
    // A process that died between its two writes: its row is ended with the next that is alike.
    await table.insert(CHAIN, 'k~decision-9', { afterSeq: 5, row: aRow(21) });
    await audit.appendNew(CHAIN, 'decision-9', aRow(22));
    expect((await audit.page(CHAIN, '')).value.map(({ why }) => why)).toEqual(
      [1, 2, 11, 12, 13, 21, 22].map((n) => `Decision ${n}.`),
    );
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 7, faults: [] });
  });

  it('in which they are rows of their own also where several hosts write them at once', async () => {
    const { store, audit } = await aChain(2);
    await Promise.all([11, 12, 13].map((n) => auditStore(store).appendNew(CHAIN, 'of one instant', aRow(n))));
    const written = (await audit.page(CHAIN, '2')).value.map(({ why }) => why);
    expect([...written].sort()).toEqual([11, 12, 13].map((n) => `Decision ${n}.`));
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 5, faults: [] });
  });

  it('in which a decision stands once whose answer was lost, and which the platform was asked for again', async () => {
    const { table, audit } = await aChain(2);
    const commit = table.commit.bind(table);
    table.commit = async (...given) => {
      table.commit = commit;
      await commit(...given);
      return commit(...given);
    };
    await audit.appendNew(CHAIN, 'decision-3', aRow(3));
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 3, faults: [] });
  });

  it('also when several processes write to it at once', async () => {
    const { store } = await aChain(3);
    const writers = [1, 2, 3].map(() => auditStore(store));
    await Promise.all(
      writers.flatMap((audit, w) =>
        Array.from({ length: 20 }, (_, n) => audit.append(CHAIN, `of-${w}-${n % 15}`, aRow(n))),
      ),
    );
    expect(await auditStore(store).verify(CHAIN)).toMatchObject({ rowCount: 3 + 3 * 15, faults: [] });
  });

  it('whose next row is one transaction, as long as no other process takes its number', async () => {
    const { table, audit } = await aChain(3);
    const commit = jest.spyOn(table, 'commit');
    const insert = jest.spyOn(table, 'insert');
    await audit.append(CHAIN, 'decision-4', aRow(4));
    expect([commit.mock.calls.length, insert.mock.calls.length]).toEqual([1, 0]);
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 4, faults: [] });
  });

  it('that goes on where a writer died between its two writes: the repeat adds the row, once', async () => {
    const { store, table, audit } = await aChain(3);
    const commit = table.commit.bind(table);
    table.commit = () => {
      table.commit = commit;
      return Promise.resolve(null); // another process took the number: from here on it is two writes
    };
    const insert = table.insert.bind(table);
    let calls = 0;
    table.insert = (...given) => {
      calls += 1;
      return calls === 2 ? Promise.reject(new Error('killed')) : insert(...given);
    };
    await expect(auditStore(store).append(CHAIN, 'late', aRow(4))).rejects.toThrow('killed');
    expect(await kindsOf(audit)).toEqual(['removed 4']); // it is owed, and says so
    await audit.append(CHAIN, 'other', aRow(5));
    await audit.append(CHAIN, 'late', aRow(4));
    await audit.append(CHAIN, 'late', aRow(4));
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 5, faults: [] });
  });

  it('in which a row that is written again is looked for where it was decided, however many have come since', async () => {
    const { store, table, audit } = await aChain(3);
    const other = auditStore(store);
    await other.append(CHAIN, 'decision-4', aRow(4));
    await audit.append(CHAIN, 'stands', aRow(5)); // in two writes: another process took the number
    for (let n = 6; n <= 1_500; n += 1) await audit.append(CHAIN, `decision-${n}`, aRow(n));
    const list = jest.spyOn(table, 'list');
    await audit.append(CHAIN, 'stands', aRow(5));
    const read = await Promise.all(list.mock.results.map(({ value }) => value as ReturnType<Table['list']>));
    expect(read.flat().length).toBeLessThanOrEqual(500);
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 1_500, faults: [] });
  });

  it('that goes on where a writer died, also when it has become long before the repeat', async () => {
    const { table, audit } = await aChain(3);
    await table.insert(CHAIN, 'k~late', { afterSeq: 3, row: aRow(4) });
    for (let n = 5; n <= 1_010; n += 1) await audit.append(CHAIN, `decision-${n}`, aRow(n));
    for (let time = 1; time <= 2; time += 1) await audit.append(CHAIN, 'late', aRow(4));
    expect(await audit.verify(CHAIN)).toMatchObject({ rowCount: 1_010, faults: [] });
  });
});

describe('verifying finds', () => {
  it('a row whose words were changed', async () => {
    const { table, audit } = await aChain();
    const row = await table.get(CHAIN, key(3));
    await table.upsert(CHAIN, key(3), { ...(row?.value as object), why: 'It was not me.' });
    expect(await kindsOf(audit)).toEqual(['changed 3', 'changed 3']);
  });

  it('a row that was changed with its hash, by what follows it and by what was decided', async () => {
    const { table, audit } = await aChain();
    const before = (await audit.page(CHAIN, '')).value[1];
    const head = { seq: 2, hash: before?.hash ?? '' };
    await table.upsert(CHAIN, key(3), linked(CHAIN, 'decision-3', { ...aRow(3), who: 'another' }, head));
    expect(await kindsOf(audit)).toEqual(['changed 4', 'changed 3']);
  });

  it('a row that was removed from the middle, and one from the end', async () => {
    const middle = await aChain();
    await middle.table.remove(CHAIN, key(2));
    expect(await kindsOf(middle.audit)).toEqual(['removed 2', 'removed 2']);
    const end = await aChain();
    await end.table.remove(CHAIN, key(5));
    expect(await kindsOf(end.audit)).toEqual(['removed 5']);
  });

  it('a row that was added, with a hash that fits', async () => {
    const { table, audit } = await aChain();
    const { head } = await audit.verify(CHAIN);
    await table.insert(CHAIN, key(6), linked(CHAIN, 'forged', aRow(6), { seq: 5, hash: head }));
    expect(await kindsOf(audit)).toEqual(['added 6']);
  });
});
