import fc from 'fast-check';
import { vmIdOf } from '../../domain/ids';
import { hash53 } from '../../domain/seed';
import { hashedIds, hashesOf } from '../../planning/hashedIds';
import { madeAtOnce } from '../../planning/steps';

describe('the hashes of the ids of a fleet', () => {
  const id = fc
    .tuple(fc.constantFrom('/a/b/', '/a/c/', '/a/ü/', '/', ''), fc.string({ unit: 'grapheme', maxLength: 6 }))
    .map(([beginning, name]) => vmIdOf(beginning + name));

  it('are those of each id by itself, whatever ids begin with and whatever the seed', () => {
    fc.assert(
      fc.property(fc.array(id), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (ids, seed) => {
        const hashes = madeAtOnce(hashesOf(madeAtOnce(hashedIds(ids)), seed));
        expect([...hashes]).toEqual(ids.map((one) => hash53(one, seed)));
      }),
    );
  });

  it('are made in steps', () => {
    const ids = Array.from({ length: 5_000 }, (_, n) => vmIdOf(`/a/${n % 7}/${n}`));
    const read = madeAtOnce(hashedIds(ids));
    expect([...hashesOf(read, 1)]).toEqual([2_000, 2_000]);
    expect([...hashedIds(ids)]).toEqual([2_000, 2_000, 2_000, 2_000]);
  });
});
