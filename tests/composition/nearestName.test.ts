import { nearestName } from '../../composition/nearestName';

describe('the name that was probably meant', () => {
  it.each([
    ['soack', ['soak', 'phases'], 'soak'],
    ['LOWTDE_SEED', ['LOWTIDE_SOAK', 'LOWTIDE_SEED'], 'LOWTIDE_SEED'],
    ['lowtide_seed', ['LOWTIDE_SOAK', 'LOWTIDE_SEED'], 'LOWTIDE_SEED'],
    ['windows', ['wind', 'ownWindows'], 'ownWindows'],
    ['nmae', ['id', 'name'], 'name'],
  ])('is, for %s, among %j, %s', (word, known, meant) => {
    expect(nearestName(word, known)).toBe(meant);
  });

  it.each([
    ['of which too many letters differ', 'freezer', ['rollouts', 'approve']],
    ['of which every letter differs', 'ab', ['cd']],
    ['that holds a few letters of it as a part', 'abc', ['xxabcxx']],
    ['where nothing is known', 'soak', []],
  ])('is none %s', (_which, word, known) => {
    expect(nearestName(word, known)).toBeUndefined();
  });
});
