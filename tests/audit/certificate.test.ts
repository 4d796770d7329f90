import { renderCertificate } from '../../audit/certificate';
import { expectGolden } from '../support/golden';
import { aSet, at, audit, aVm, event, install, probe } from './logBuilders';

const set = aSet('web', 20);
const singles = Array.from({ length: 1180 }, (_, i) =>
  aVm(`batch-${i}`, { region: 'japaneast', zone: String(1 + (i % 3)) }),
);
const vms = [...set, ...singles];

/** One zone a window, forty at a time, and the set's update domains one after another. */
const goodMonth = [
  ...singles
    .slice(0, 300)
    .map((vm, i) =>
      install(
        vm,
        Number(vm.zone) * 1440 + Math.floor(i / 120) * 60,
        Number(vm.zone) * 1440 + Math.floor(i / 120) * 60 + 50,
      ),
    ),
  ...set
    .slice(0, 2)
    .map((vm, i) =>
      [
        install(vm, 5 * 1440 + i * 100, 5 * 1440 + i * 100 + 45),
        probe(vm, 5 * 1440 + i * 100 + 60, 'healthy'),
      ].flat(),
    ),
  singles
    .slice(0, 2)
    .map((vm) => install(vm, 9000, 9050, { rolloutId: null }))
    .slice(0, 1)
    .flat(),
];

describe('the certificate', () => {
  it('reports a clean month in half a page', () => {
    expectGolden('certificate-clean.txt', renderCertificate(audit(vms, goodMonth)));
  });

  it('lists what was violated, by which VM and when, a handful of each kind', () => {
    const bad = [
      ...set.slice(0, 14).map((vm) => install(vm, 0, 500)),
      event(singles[0] ?? aVm('x'), 3, 'installCompleted', { operationId: 'never-started' }),
    ];
    const phases = [
      { phase: 1, regions: ['uksouth'], startedUtc: at(0), endedUtc: null, gateOpenedUtc: null },
      { phase: 2, regions: ['eastus', 'westus'], startedUtc: at(1), endedUtc: null, gateOpenedUtc: null },
    ];
    expectGolden('certificate-broken.txt', renderCertificate(audit(vms, bad, { phases })));
  });

  it('does not praise a month in which nothing happened', () => {
    expectGolden('certificate-empty.txt', renderCertificate(audit(vms, [])));
  });

  it.each([80, 100])('fits a terminal of %d columns, and says the same', (width) => {
    const bad = [...set.slice(0, 14).map((vm) => install(vm, 0, 500)), ...goodMonth];
    const report = audit(vms, bad);
    const text = renderCertificate(report, width);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
    const words = (lines: string): string[] => lines.split(/\s+/).sort();
    expect(words(text)).toEqual(words(renderCertificate(report)));
  });

  it('shows every share with its limit, or that it has none', () => {
    const rows = renderCertificate(audit(vms, goodMonth))
      .split('\n')
      .filter((line) => line.includes(' %  '));
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row).toMatch(/ % {2}(?:limit [\d,]+|no limit) /);
  });
});
