import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf } from '../../domain/outcome';
import { because, OutcomeKind, OutcomeReason, REASONS } from '../../domain/reasons';
import { UNBLOCKS } from '../../domain/unblocks';
import { aVm } from '../support/builders';

const ROOT = join(__dirname, '../..');
const NOW = '2026-11-13T03:15:00.000Z';
const { id: vmId } = aVm();

describe('a reason', () => {
  it('decides the kind of outcome, and carries its facts as members beside the sentence they make', () => {
    const facts = { failedPatchCount: 2, installedPatchCount: 3 };
    expect(outcomeOf(vmId, NOW, because('patchesFailed', facts))).toEqual({
      vmId,
      kind: 'failed',
      reason: 'patchesFailed',
      detail: '2 patches failed, 3 were installed.',
      atUtc: NOW,
      facts,
    });
  });

  it('without facts leaves the member out, so that what was stored before is still what is stored', () => {
    expect(outcomeOf(vmId, NOW, because('superseded'))).toEqual({
      vmId,
      kind: 'skipped',
      reason: 'superseded',
      detail: '',
      atUtc: NOW,
    });
  });

  it('refuses facts that are not of its shape', () => {
    expect(() => because('installed', { installedPatchCount: 1.5 })).toThrow(/int/i);
  });

  it('is the first that holds; the others are named beside it, and all are said', () => {
    const others = [because('agentSilent', { agentStatus: 'notReady' }), because('superseded')];
    expect(outcomeOf(vmId, NOW, because('poweredOff', { powerState: 'stopped' }), others)).toMatchObject({
      kind: 'deferred',
      reason: 'poweredOff',
      detail: 'The VM is stopped in its off-peak hours. The VM agent is notReady.',
      otherReasons: ['agentSilent', 'superseded'],
    });
  });
});

describe('docs/reasons.md', () => {
  const rows = readFileSync(join(ROOT, 'docs/reasons.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [`*]/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('names the same settings as what a person is shown to unblock a VM', () => {
    const settingsIn = (text: string): string[] => [...new Set(text.match(/LOWTIDE_[A-Z_]+/g))].sort();
    const named = rows.flatMap(([, name = '', , unblocks = '']) => {
      const { data: reason } = OutcomeReason.safeParse(name.replaceAll('`', ''));
      return reason === undefined ? [] : [{ reason, unblocks }];
    });
    expect(named.map(({ reason }) => [reason, settingsIn(UNBLOCKS[reason].what)])).toEqual(
      named.map(({ reason, unblocks }) => [reason, settingsIn(unblocks)]),
    );
  });

  it('lists every reason under its kind, with the facts it carries', () => {
    const documented = new Map<string, { kind: string; facts: string[] }>();
    let kind = '';
    for (const [, name = '', , , facts = ''] of rows) {
      if (name.startsWith('**')) kind = name.replaceAll('*', '');
      else
        documented.set(name.replaceAll('`', ''), {
          kind,
          facts: [...facts.matchAll(/`(\w+)`/g)].map(([, fact = '']) => fact),
        });
    }
    const table = OutcomeReason.options.map((name) => {
      const { kind: itsKind, facts } = REASONS[name];
      return [name, { kind: itsKind, facts: Object.keys(facts.shape) }] as const;
    });
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(table));
  });

  it('has the kinds in their order', () => {
    const kinds = rows.map(([, name = '']) => name).filter((name) => name.startsWith('**'));
    expect(kinds).toEqual(OutcomeKind.options.map((kind) => `**${kind}**`));
  });
});
