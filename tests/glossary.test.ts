import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const glossary = readFileSync(join(ROOT, 'docs', 'glossary.md'), 'utf8');
const rows = [...glossary.matchAll(/^\| ([a-z][\w -]*?) +\| (\S.*?) +\|$/gm)]
  .map(([, word = '', meaning = '']) => ({ word, meaning }))
  .filter(({ word }) => word !== 'word');

/** Types of domain/ that are one word of the glossary each: the code says with a type what the page says in a sentence. */
const TYPES: Readonly<Record<string, string>> = {
  phase: 'PhaseId',
  rollout: 'RolloutId',
  'image family': 'ImageFamily',
  evidence: 'RolloutEvidence',
  window: 'OffPeakWindow',
  claim: 'Claim',
  gate: 'GateVerdict',
  eligible: 'Eligibility',
  hold: 'Hold',
};

const exported = new Set(
  readdirSync(join(ROOT, 'domain'))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(join(ROOT, 'domain', file), 'utf8').matchAll(/^export (?:type|interface) (\w+)/gm),
      ].map(([, name = '']) => name),
    ),
);

describe('the glossary', () => {
  it('has each word once, with a meaning', () => {
    expect(rows.length).toBeGreaterThan(12);
    expect(new Set(rows.map(({ word }) => word)).size).toBe(rows.length);
  });

  it.each(Object.entries(TYPES))('has the word «%s», and domain/ has its type %s', (word, type) => {
    expect(rows.map((row) => row.word)).toContain(word);
    expect([...exported]).toContain(type);
  });

  it('defines what a type of domain/ is called by: no second type ends in the name of one of these words', () => {
    const taken = Object.values(TYPES).filter((type) =>
      /^(Claim|Hold|ImageFamily|OffPeakWindow)$/.test(type),
    );
    const doubles = [...exported].filter((name) =>
      taken.some((type) => name !== type && name.endsWith(type)),
    );
    expect(doubles).toEqual([]);
  });
});
