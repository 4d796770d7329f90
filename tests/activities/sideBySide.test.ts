import { sideBySide } from '../../activities/sideBySide';

const items = Array.from({ length: 20 }, (_, n) => n);

/** Comes to its end many turns after the failure. */
async function slowly(turns = 100): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

test('answers stand in the order of their items, however long each took', async () => {
  const answers = await sideBySide(items, async (n) => {
    await slowly(20 - n);
    return n * 2;
  });
  expect(answers).toEqual(items.map((n) => n * 2));
});

test('a call fails only once everything that it began is over, and begins nothing more', async () => {
  const begun: number[] = [];
  const over: number[] = [];
  const failing = sideBySide(items, async (n) => {
    begun.push(n);
    if (n === 3) throw new Error('Azure answers 500.');
    await slowly();
    over.push(n);
  });
  await expect(failing).rejects.toThrow('Azure answers 500.');
  expect([begun, over]).toEqual([
    [0, 1, 2, 3, 4, 5, 6, 7],
    [0, 1, 2, 4, 5, 6, 7],
  ]);
  await slowly();
  expect(begun).toHaveLength(8);
});

test('of several failures the first is reported', async () => {
  const failing = sideBySide(items, async (n) => {
    await slowly(n === 5 ? 0 : 10);
    throw new Error(`item ${n}`);
  });
  await expect(failing).rejects.toThrow('item 5');
});
