import Ajv2020 from 'ajv/dist/2020';
import { stringify } from 'yaml';
import { readPolicyFile } from '../../composition/policyFile';
import { changesBetween, touchesOf, writtenMembers } from '../../composition/policyMembers';
import { policyFileSchema } from '../../composition/policySchema';
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
    [
      'rings:\n  - name: ours\n    selector: { tag: [ring=ours], regoin: eastus }',
      'line 3, column 35: rings[0].selector has no member regoin; did you mean region?',
    ],
    [
      'rings:\n  - name: ours\n    selector: {}\n  - nmae: others\n    name: others\n    selector: {}',
      'line 4, column 5: rings[1] has no member nmae; did you mean name?',
    ],
    ['rings:\n  - selector: {}', 'line 2, column 5: rings[0] lacks the member name.'],
    ['rings: ours', 'line 1, column 8: rings: expected array, received string.'],
    ['rings:\n- ours', 'line 2, column 3: rings[0]: expected object, received string.'],
    [
      'rings:\n  - { name: a, selector: {} }\n  - { name: a, selector: {} }',
      'line 3, column 13: rings: there are two of the name a',
    ],
    [
      'ownWindows:\n  - name: weekend\n    selector: {}\n    open:\n      - { days: [sat, sunday], opens: "20:00", closes: "06:00" }',
      'line 5, column 23: ownWindows[0].open[0].days[1]: ',
    ],
    [
      'budgets:\n  - name: shop\n    selector: { tag: app=shop }\n    max: half',
      'line 4, column 10: budgets[0].max: a budget is a whole number, or a share such as 10%',
    ],
    [
      'approvals:\n  - before: { pahse: 2 }',
      'line 2, column 15: approvals[0].before has no member pahse; did you mean phase?',
    ],
    [
      'approvals:\n  - before: phase-2',
      'line 2, column 13: approvals[0].before is a map with one of phase, ring, sharePercent.',
    ],
    ['windows: []', 'line 1, column 1: there is no member windows; did you mean ownWindows?'],
    ['approvals:\n  - before: { phase: two }', 'line 2, column 22: approvals[0].before.phase: '],
    ['hooks:\n  - { name: h, on: before }', 'line 2, column 20: hooks[0].on: '],
    ['canaryRegions: [northeurope, northuerope]', "line 1, column 30: there is no region 'northuerope'"],
    ['batchSharePercents:\n  - 5\n  - 120', 'line 3, column 5: batchSharePercents[1]: '],
    ['extraImages:\n  - a:b:c\n  - windows', "line 3, column 5: 'windows' is not an image"],
    ['base: &r { name: a, selector: 1 }\nrings: [*r]', 'line 1, column 1: there is no member base'],
    ['rings:\n\t- name: ours', 'line 2, column 1: Tabs are not allowed as indentation'],
    ['soak: !minutes 30', 'line 1, column 7: Unresolved tag: !minutes'],
    ['soak: PT1M\n---\nsoak: PT2M', 'line 2, column 1: Source contains multiple documents'],
    ['offPeakOpens: "22:00', 'line 1, column 21: Missing closing "quote'],
    [
      '{ "soak": "PT15M",\n  "rings": [{ "name": "A", "selector": {} }] }',
      'line 2, column 23: rings[0].name: ',
    ],
  ])('%j is refused by line and column', (text, said) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining(said));
  });

  it.each([
    'rings:\n  - { name: A, selector: {} }',
    'approvals:\n  - before: { ring: A }',
    'hooks:\n  - { name: h, on: before }',
  ])('%j has one mistake, and one is said', (text) => {
    expect(problemsOf(text)).toHaveLength(1);
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

  it('has a description of every member, at every depth, with its default and what a change touches', () => {
    const lacking: string[] = [];
    const look = (schema: unknown, path: string): void => {
      const {
        properties = {},
        items,
        anyOf = [],
      } = schema as {
        readonly properties?: Readonly<Record<string, unknown>>;
        readonly items?: unknown;
        readonly anyOf?: readonly unknown[];
      };
      for (const [name, member] of Object.entries(properties)) {
        const { description = '' } = member as { readonly description?: string };
        if (description.length < 10) lacking.push(`${path}.${name}`);
        look(member, `${path}.${name}`);
      }
      if (items !== undefined) look(items, `${path}[]`);
      for (const one of anyOf) look(one, path);
    };
    const schema = policyFileSchema();
    look(schema, '');
    expect(lacking).toEqual([]);
    const members = schema['properties'] as Readonly<Record<string, { readonly description: string }>>;
    expect(members['soak']?.description).toBe(
      'How long a VM is watched after its update before it counts as healthy. An ISO 8601 duration, such as PT15M or P3D. Default: PT15M. A change touches the rollout that runs, too.',
    );
    for (const { description } of Object.values(members))
      expect(description).toMatch(
        / Default: .+\. A change (touches the rollout that runs, too|is for the next rollout)\.$/,
      );
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
