import { memoryStore } from '../../store/memoryTable';
import type { TableName } from '../../store/store';

const twice = async (name: TableName): Promise<readonly unknown[]> => {
  const table = memoryStore().table(name);
  await table.upsert('chain', 'c~1', { why: 'Because.' });
  const [listed] = await table.list('chain');
  const found = await table.get('chain', 'c~1');
  expect([listed?.value, found?.value]).toEqual([{ why: 'Because.' }, { why: 'Because.' }]);
  return [listed?.value, found?.value];
};

test('a row that is read again is the same object, so that it is parsed once', async () => {
  const [first, second] = await twice('outcomes');
  expect(second).toBe(first);
});

test('of the audit nothing that was read is kept: all of a month is read at its end, while the app is in memory', async () => {
  const [first, second] = await twice('audit');
  expect(second).not.toBe(first);
});
