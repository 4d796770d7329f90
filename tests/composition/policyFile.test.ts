import Ajv2020 from 'ajv/dist/2020';
import { stringify } from 'yaml';
import {
  changesBetween,
  policyFileSchema,
  readPolicyFile,
  touchesOf,
  writtenMembers,
} from '../../composition/policyFile';
import { LowtideError } from '../../domain/lowtideError';
import { defaultPolicy } from '../../domain/policy';

function problemsOf(text: string): readonly string[] {
  try {
    readPolicyFile(text);
    return [];
  } catch (error) {
    if (error instanceof LowtideError) return error.detail.why.split('\n');
    throw error;
  }
}

describe('a policy file', () => {
  it('sets the members that it names, and no other; JSON is read, too', () => {
    expect(readPolicyFile('# ours\nsoak: PT30M\nbake: nextWindow\ncanaryRegions: [northeurope]\n')).toEqual({
      soakSeconds: 1800,
      bakeSeconds: null,
      canaryRegions: ['northeurope'],
    });
    expect(readPolicyFile('{ "soak": "PT1H", "phasesMin": 5 }')).toEqual({ soakSeconds: 3600, phasesMin: 5 });
    expect(readPolicyFile('')).toEqual({});
  });

  it.each([
    ['soak: PT30M\nsoack: PT1M', 'line 2, column 1: there is no member soack; did you mean soak?'],
    ['soak: PT30M\n\nbake:   tomorrow', 'line 3, column 9: bake is "tomorrow"; it is an ISO 8601 duration'],
    ['setSharePercent: 200', 'line 1, column 18: setSharePercent: '],
    [
      'canaryRegions:\n  - northeurope\n  - westeurope',
      'line 2, column 3: northeurope and westeurope are a geo pair',
    ],
    ['attemptsMax: 5', 'line 1, column 1: attemptsMax is a setting of the deployment'],
    ['soak: PT30M\nsoak: PT31M', 'line 2, column 1: Map keys must be unique'],
    ['- soak', 'line 1, column 1: it is a map of members'],
    ['soak: [', 'line 1, column '],
  ])('%j is refused by line and column', (text, said) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(said)]);
  });

  it('has every mistake named at once', () => {
    expect(problemsOf('soack: PT1M\nphasesMin: many\noffPeakOpens: "25:00"')).toHaveLength(3);
  });

  it('that is written from a policy reads as that policy', () => {
    const written = writtenMembers({ ...defaultPolicy, soakSeconds: 5_405, bakeSeconds: 86_400 });
    expect(written).toMatchObject({ soak: 'PT1H30M5S', bake: 'P1D', installMaximum: 'PT3H55M' });
    const {
      extraRegions: _regions,
      attemptsMax: _attempts,
      ...all
    } = { ...defaultPolicy, soakSeconds: 5_405, bakeSeconds: 86_400 };
    expect(readPolicyFile(stringify(written))).toEqual(all);
  });

  it('has a JSON Schema that takes what the reader takes, and refuses what it refuses', () => {
    const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(policyFileSchema());
    expect(validate(writtenMembers(defaultPolicy))).toBe(true);
    for (const wrong of [{ soack: 'PT1M' }, { soak: 30 }, { setSharePercent: 200 }, { attemptsMax: 3 }])
      expect(validate(wrong)).toBe(false);
  });

  it('what changes says whether it touches the rollout that runs or the next', () => {
    const changed = { ...defaultPolicy, soakSeconds: 1800, phasesMin: 5 };
    expect(changesBetween(defaultPolicy, changed)).toEqual([
      { member: 'soak', before: 'PT15M', after: 'PT30M', touches: 'running' },
      { member: 'phasesMin', before: 4, after: 5, touches: 'next' },
    ]);
    expect(touchesOf('bakeSeconds')).toBe('next');
  });
});
