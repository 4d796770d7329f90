import fc from 'fast-check';
import { vmIdOf, type VmId } from '../../domain/ids';
import { hash53 } from '../../domain/seed';
import { hashesOf, IdReader, type HashedIds } from '../../planning/hashedIds';
import { madeAtOnce } from '../../planning/steps';

const hashedIds = (ids: readonly VmId[]): HashedIds => {
  const reader = new IdReader(ids.length);
  for (const id of ids) reader.add(id);
  return reader.hashed();
};

describe('the hashes of the ids of a fleet', () => {
  const id = fc
    .tuple(fc.constantFrom('/a/b/', '/a/c/', '/a/ü/', '/', ''), fc.string({ unit: 'grapheme', maxLength: 6 }))
    .map(([beginning, name]) => vmIdOf(beginning + name));

  it('are those of each id by itself, whatever ids begin with and whatever the seed', () => {
    fc.assert(
      fc.property(fc.array(id), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (ids, seed) => {
        const hashes = madeAtOnce(hashesOf(hashedIds(ids), seed));
        expect([...hashes]).toEqual(ids.map((one) => hash53(one, seed)));
      }),
    );
  });

  it('are read in a byte a character, and in two from the first that needs them', () => {
    const widths = (...ids: readonly string[]): number[] => {
      const { beginnings, names } = hashedIds(ids.map(vmIdOf));
      return [beginnings, names].map(({ codes }) => codes.BYTES_PER_ELEMENT);
    };
    expect(widths('/a/web', '/ü/db')).toEqual([1, 1]);
    expect(widths('/a/web', '/a/Σ', '/a/db')).toEqual([1, 2]);
  });

  it('are made in steps', () => {
    const ids = Array.from({ length: 5_000 }, (_, n) => vmIdOf(`/a/${n % 7}/${n}`));
    expect([...hashesOf(hashedIds(ids), 1)]).toEqual([2_000, 2_000]);
  });
});
