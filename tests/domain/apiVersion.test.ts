import fc from 'fast-check';
import { checkApiVersion, patchingIn, type ApiFamily } from '../../domain/apiVersion';

const kindOf = (family: ApiFamily, written: string | null): string => checkApiVersion(family, written).kind;

describe('R-505: the api-version of a request', () => {
  it.each([
    '2020-12-01',
    '2021-03-01',
    '2022-11-01',
    '2024-11-01',
    '2026-04-01',
    '2031-01-31',
    '2021-07-01-preview',
  ])('may be %s for compute, newer ones included', (version) => {
    expect(kindOf('compute', version)).toBe('ok');
  });

  it('may be 2020-06-01, for Windows, with limited functionality', () => {
    expect(kindOf('compute', '2020-06-01')).toBe('ok');
    expect(patchingIn('2020-06-01')).toEqual({
      linuxPatchSettings: false,
      enableHotpatching: false,
      installPatches: false,
      configurationStatuses: false,
      assessmentMode: false,
      automaticByPlatformSettings: false,
      bypassPlatformSafetyChecks: false,
    });
  });

  it.each(['2020-06-02', '2020-11-30', '2019-12-01', '2015-06-15'])(
    'is too old for compute as %s',
    (version) => {
      expect(checkApiVersion('compute', version)).toMatchObject({
        kind: 'tooOld',
        supported: '2020-06-01, 2020-12-01 and newer',
      });
    },
  );

  it.each([null, '', ' '])('has to be there (%j)', (written) => {
    expect(kindOf('compute', written)).toBe('missing');
  });

  it.each(['latest', '2020', '2020-13-01', '2020-12-32', '2020-12-01;drop', '20201201', '2020-12-01 '])(
    'is malformed as %j',
    (written) => {
      expect(kindOf('compute', written)).toBe('malformed');
    },
  );

  it('may be the ones of the document for features and for the provider', () => {
    expect(kindOf('features', '2015-12-01')).toBe('ok');
    expect(kindOf('resources', '2020-06-01')).toBe('ok');
    expect(kindOf('resources', '2019-12-01')).toBe('ok');
    expect(kindOf('features', '2015-11-30')).toBe('tooOld');
  });

  it('never loses what an older version had', () => {
    const versions = fc
      .tuple(fc.integer({ min: 2020, max: 2040 }), fc.integer({ min: 1, max: 12 }))
      .map(([year, month]) => `${year}-${String(month).padStart(2, '0')}-01`);
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        const [older, newer] = a < b ? [a, b] : [b, a];
        const [before, after] = [patchingIn(older), patchingIn(newer)];
        return Object.entries(before).every(([member, had]) => !had || after[member as keyof typeof after]);
      }),
    );
  });
});
