import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from '../../../lab/mutation/mutants';
import type { Mutant } from '../../../lab/mutation/mutant';
import { applyEdits, compile, PackageCopy } from '../../../lab/mutation/packageCopy';
import { PACKAGE_ROOT } from '../../../local/packageRoot';

/** All of them take a quarter of an hour: `npm run mutate`. These few are quick, and of different kinds. */
const SAMPLE = [
  'both ends of a geo pair may be down together',
  'a claim that expired is free',
  'unknown health counts as healthy',
];

const named = (bug: string): Mutant => {
  const found = mutants.find((mutant) => mutant.bug === bug);
  if (found === undefined) throw new Error(`There is no mutant «${bug}».`);
  return found;
};

describe('the bugs that npm run mutate plants', () => {
  it('are many, and each has a name of its own', () => {
    expect(mutants.length).toBeGreaterThan(25);
    expect(new Set(mutants.map(({ bug, month }) => `${bug} ${month ?? ''}`)).size).toBe(mutants.length);
  });

  it.each(mutants.map((mutant) => [mutant.bug, mutant] as const))(
    'still have their place: %s',
    (_, { file, edits, tests, month }) => {
      const source = readFileSync(join(PACKAGE_ROOT, file), 'utf8');
      const mutated = applyEdits(source, edits, file);
      expect(mutated).not.toBe(source);
      expect(() => compile(mutated, file)).not.toThrow();
      expect(tests.length > 0 || month !== undefined).toBe(true);
      expect(tests.filter((test) => !existsSync(join(PACKAGE_ROOT, test)))).toEqual([]);
    },
  );

  it('refuse to be planted where the text is not, or is twice', () => {
    expect(() => applyEdits('one two two', [['three', '']], 'f.ts')).toThrow(/exactly once/);
    expect(() => applyEdits('one two two', [['two', '']], 'f.ts')).toThrow(/exactly once/);
    expect(applyEdits('one two two', [['one', 'none']], 'f.ts')).toBe('none two two');
  });
});

describe('the tests', () => {
  let copy: PackageCopy;
  beforeAll(() => {
    copy = new PackageCopy();
  });
  afterAll(() => {
    copy.close();
  });

  it('pass without a bug, and a sample of bugs is noticed', () => {
    const sample = SAMPLE.map(named);
    expect(copy.runWithoutMutants(sample)).toMatchObject({ killed: false });
    for (const mutant of sample)
      expect(copy.detect(mutant)).toEqual({ killed: true, by: expect.stringMatching(/^«/) as unknown });
  });

  it('say so when none of them notices', () => {
    const harmless: Mutant = {
      ...named('a claim that expired is free'),
      edits: [
        [
          'const because = [...refusals(state, request)];',
          'const because = Array.from(refusals(state, request));',
        ],
      ],
      tests: ['tests/domain/ledger.test.ts'],
    };
    expect(copy.detect(harmless)).toEqual({ killed: false, by: 'tests/domain/ledger.test.ts' });
  });
});
