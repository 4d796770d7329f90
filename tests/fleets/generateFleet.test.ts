import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFleetText, generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { parseFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';
import { isSupportedImage, imageName } from '../../domain/images';
import { defaultPolicy } from '../../domain/policy';
import { arePaired, findRegion } from '../../domain/regions';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';

const parse = (vms: number, seed: number): ParsedFleet =>
  parseFleet(printGeneratedFleet(generateFleet({ vms, seed })), 'generated');

describe('a generated fleet', () => {
  it('is the same for the same numbers, and another for another seed', () => {
    const print = (seed: number): string => printGeneratedFleet(generateFleet({ vms: 100, seed }));
    expect(print(1)).toBe(print(1));
    expect(print(1)).not.toBe(print(2));
  });

  it.each([0, 1, 2, 299, 300, 2_500])(
    'has %i VMs when so many are asked for, each with an id of its own',
    (vms) => {
      expect(parse(vms, 7).vms).toHaveLength(vms);
    },
  );
});

it('is read also when npm run has put its banner before it', () => {
  const banner = '\n> lowtide@0.1.0 fleet:generate\n> npm run --silent build && node dist/cli/lowtide.js\n\n';
  const printed = printGeneratedFleet(generateFleet({ vms: 3, seed: 1 }));
  expect(parseFleet(banner + printed, 'fleet.json').vms).toHaveLength(3);
  expect(() => parseFleet(`${banner}{\n oops`, 'fleet.json')).toThrow(/line 6/);
});

describe('Contoso', () => {
  const text = readFileSync(join(__dirname, '../../fleets/contoso.json'), 'utf8');
  const { vms, availabilitySets } = parseFleet(text, 'contoso.json');
  const having = (rule: (vm: VirtualMachine) => boolean): number => vms.filter(rule).length;

  it('is what the generator makes of 600 VMs and seed 2026, below a megabyte', () => {
    expect(printGeneratedFleet(generateFleet({ vms: 600, seed: 2026 }))).toBe(text);
    expect([...generatedFleetText({ vms: 600, seed: 2026 })].join('')).toBe(text);
    expect(text.length).toBeLessThan(1_000_000);
  });

  it('spans regions, geo pairs, and the Brazil chain', () => {
    const regions = [...new Set(vms.map(({ region }) => region))];
    const pairs = regions.flatMap((a) => regions.filter((b) => a < b && arePaired(a, b)));
    expect(regions.filter((region) => findRegion(region) !== undefined).length).toBeGreaterThanOrEqual(14);
    expect(pairs.length).toBeGreaterThanOrEqual(3);
    expect(regions).toEqual(
      expect.arrayContaining(['brazilsoutheast', 'brazilsouth', 'southcentralus', 'northcentralus']),
    );
  });

  it('has zonal and regional VMs, sets of 2 to 40 VMs and 1 to 20 update domains, and a subscription of one VM', () => {
    const sizes = [...availabilitySets.keys()].map((id) => having((vm) => vm.availabilitySetId === id));
    const domains = [...availabilitySets.values()].map((set) => set.updateDomainCount);
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([2, 40]);
    expect([Math.min(...domains), Math.max(...domains)]).toEqual([1, 20]);
    for (const zone of ['1', '2', '3', '4', null])
      expect(having((vm) => vm.zone === zone)).toBeGreaterThan(0);
    const subscriptions = new Set(vms.map(({ subscriptionId }) => subscriptionId));
    const counts = [...subscriptions].map((id) => having((vm) => vm.subscriptionId === id));
    expect(Math.min(...counts)).toBe(1);
    expect(counts.length).toBeGreaterThan(3);
  });

  it('has all seven supported images, some that are not, and every patch mode', () => {
    const names = new Set(
      vms.flatMap(({ image }) =>
        image !== null && isSupportedImage(image, defaultPolicy) ? imageName(image) : [],
      ),
    );
    expect([...names].filter((name) => !name.startsWith('RedHat')).length).toBe(6);
    expect([...names].some((name) => name.startsWith('RedHat:RHEL:7'))).toBe(true);
    expect(having(({ image }) => image !== null && !isSupportedImage(image, defaultPolicy))).toBeGreaterThan(
      0,
    );
    expect(having(({ customImage }) => customImage)).toBeGreaterThan(0);
    for (const mode of ['AutomaticByPlatform', 'AutomaticByOS', 'Manual', 'ImageDefault', null])
      expect(having(({ patchMode }) => patchMode === mode)).toBeGreaterThan(0);
  });

  it('has tagged, Windows and invalid time zones, excluded VMs, and an unknown region', () => {
    const zones = vms.map((vm) => timeZoneOf(vm, defaultPolicy));
    expect(zones.map(({ zone }) => zone)).toContain('Asia/Kathmandu');
    expect(zones.filter(({ source }) => source === 'windows').length).toBeGreaterThan(0);
    expect(zones.filter(({ invalid }) => invalid.some(({ source }) => source === 'tag'))).toHaveLength(1);
    expect(having(({ tags }) => tags['lowtide-exclude'] === 'true')).toBeGreaterThan(0);
    expect(having(({ region }) => findRegion(region) === undefined)).toBeGreaterThan(0);
  });
});
