import { KeptAnswers, type Rule } from '../../operatorApi/keptAnswers';

const NOW = '2026-11-13T03:00:00.000Z';

/** Each answer is made when the test says so. */
class Maker {
  readonly before: (string | null)[] = [];
  readonly #ends: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];

  rule({ isFresh = false, mayStand = false, nowUtc = NOW } = {}): Rule<string> {
    return {
      nowUtc,
      isFresh: () => isFresh,
      mayStand: () => mayStand,
      make: (before) => {
        this.before.push(before);
        return new Promise((resolve, reject) => this.#ends.push({ resolve, reject }));
      },
    };
  }

  end(n: number, value: string | Error): void {
    if (value instanceof Error) this.#ends[n]?.reject(value);
    else this.#ends[n]?.resolve(value);
  }
}

/** The first answer of a key has been made. */
async function made(): Promise<{ kept: KeptAnswers<string>; maker: Maker }> {
  const kept = new KeptAnswers<string>(2);
  const maker = new Maker();
  const first = kept.answer('a', maker.rule());
  maker.end(0, 'first');
  await first;
  return { kept, maker };
}

describe('an answer that takes a while to make', () => {
  test('is made once for all that ask meanwhile, and kept as long as it is fresh', async () => {
    const kept = new KeptAnswers<string>(2);
    const maker = new Maker();
    const both = Promise.all([kept.answer('a', maker.rule()), kept.answer('a', maker.rule())]);
    maker.end(0, 'first');
    expect(await both).toEqual(['first', 'first']);
    expect(await kept.answer('a', maker.rule({ isFresh: true }))).toBe('first');
    expect(maker.before).toEqual([null]);
  });

  test('stands while the next is made beside it, from what the one before can give', async () => {
    const { kept, maker } = await made();
    const stands = maker.rule({ mayStand: true });
    expect([await kept.answer('a', stands), await kept.answer('a', stands)]).toEqual(['first', 'first']);
    expect(maker.before).toEqual([null, 'first']);
    maker.end(1, 'second');
    await new Promise(setImmediate);
    expect(await kept.answer('a', maker.rule({ isFresh: true }))).toBe('second');
  });

  test('is waited for where the one before may not stand, or is of long ago on the clock of the app', async () => {
    const { kept, maker } = await made();
    const next = kept.answer('a', maker.rule());
    maker.end(1, 'second');
    expect(await next).toBe('second');
    const jumped = maker.rule({ isFresh: true, mayStand: true, nowUtc: '2026-11-13T07:00:00.000Z' });
    const last = kept.answer('a', jumped);
    maker.end(2, 'third');
    expect(await last).toBe('third');
  });

  test('that could not be made is not kept, and the one before stands on', async () => {
    const { kept, maker } = await made();
    const stands = maker.rule({ mayStand: true });
    await kept.answer('a', stands);
    maker.end(1, new Error('The table is away.'));
    await new Promise(setImmediate);
    expect(await kept.answer('a', stands)).toBe('first');
    const waits = kept.answer('b', maker.rule());
    maker.end(3, new Error('The table is away.'));
    await expect(waits).rejects.toThrow('The table is away.');
  });

  test('is forgotten when so many others were made since', async () => {
    const { kept, maker } = await made();
    for (const [n, key] of ['b', 'c'].entries()) {
      const other = kept.answer(key, maker.rule());
      maker.end(n + 1, key);
      await other;
    }
    const again = kept.answer('a', maker.rule({ isFresh: true }));
    maker.end(3, 'anew');
    expect(await again).toBe('anew');
  });
});
