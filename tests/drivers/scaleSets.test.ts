import { defaultPolicy } from '../../domain/policy';
import { Month } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { parseFleet, printFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';
import { checkPlan } from '../../planning/checkPlan';
import { makePlan } from '../../planning/makePlan';
import { anApi } from '../armApi/api';

const GROUP =
  '/subscriptions/00000000-0000-4000-8000-0000000000f1/resourceGroups/rg/providers/Microsoft.Compute';
const SET = `${GROUP}/virtualMachineScaleSets/Flex`;

/** An instance as `az vm list` prints it, with or without its instance view. */
function instance(n: number, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    id: `${GROUP}/virtualMachines/flex_${String(n).padStart(4, '0')}`,
    location: 'southcentralus',
    properties: {
      virtualMachineScaleSet: { id: SET },
      storageProfile: {
        imageReference: { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS' },
        osDisk: { osType: 'Linux' },
      },
      osProfile: { linuxConfiguration: { patchSettings: { patchMode: 'AutomaticByPlatform' } } },
      ...more,
    },
  };
}

const parse = (vms: readonly object[]): ParsedFleet => parseFleet(JSON.stringify(vms), 'vms.json');

describe('VMs of a scale set with flexible orchestration', () => {
  const month = Month.parse('2026-11');
  const planOf = ({ vms }: ParsedFleet) =>
    makePlan({ vms, month, policy: defaultPolicy, seed: month, nowUtc: releaseOf(month) });
  const ofDomains = (count: number): ParsedFleet =>
    parse(
      Array.from({ length: 40 }, (_, n) => instance(n, { instanceView: { platformFaultDomain: n % count } })),
    );
  const domainOf = (fleet: ParsedFleet): Map<string, number | null> =>
    new Map(fleet.vms.map(({ id, updateDomain }) => [id, updateDomain]));

  it('are planned one fault domain at a time, and at most a fifth of the set', () => {
    const fleet = ofDomains(3);
    const plan = planOf(fleet);
    const domains = domainOf(fleet);
    const rounds = plan.phases.flatMap(({ regions }) =>
      regions.flatMap(({ stages }) =>
        stages.flatMap(({ groups }) => groups.flatMap((group) => group.rounds)),
      ),
    );
    expect(rounds.reduce((sum, { vmCount }) => sum + vmCount, 0)).toBe(40);
    for (const { vmIds } of rounds) {
      expect(new Set(vmIds.map((id) => domains.get(id))).size).toBe(1);
      expect(vmIds.length).toBeLessThanOrEqual(8);
    }
    expect(checkPlan(plan, fleet.vms, defaultPolicy)).toEqual([]);
  });

  it('are of one fault domain, as Azure spreads them, when a file does not say of which', () => {
    expect(new Set(domainOf(parse([instance(0), instance(1)])).values())).toEqual(new Set([0]));
    expect(parse([instance(0, { platformFaultDomain: 2 })]).vms[0]?.updateDomain).toBe(2);
    // What templates and Terraform write for «as Azure likes».
    expect(parse([instance(0, { platformFaultDomain: -1 })]).vms[0]?.updateDomain).toBe(0);
  });

  it('are the same fleet when it is written down and read again', () => {
    const fleet = ofDomains(3);
    const again = parseFleet(printFleet(fleet), 'again');
    expect([again.vms, [...again.availabilitySets]]).toEqual([fleet.vms, [...fleet.availabilitySets]]);
  });

  it('name their set by its id, or are malformed', () => {
    const vms = [
      instance(0, { virtualMachineScaleSet: { id: SET.replace('virtualMachineScaleSets', 'x') } }),
    ];
    expect(() => parse(vms)).toThrow(/virtualMachineScaleSet.id.*is not the id of a scale set/);
  });

  it('show their fault domain over the ARM API, where the scale set is no availability set', async () => {
    const api = await anApi();
    await api.call('POST', '/api/fleet', [instance(0, { instanceView: { platformFaultDomain: 2 } })]);
    const view = await api.call('GET', `${GROUP}/virtualMachines/flex_0000/instanceView`);
    expect(view.body).toMatchObject({ platformFaultDomain: 2 });
    expect(view.body).not.toHaveProperty('platformUpdateDomain');
    expect((await api.call('GET', `${GROUP}/availabilitySets`)).body['value']).toEqual([]);
    await api.close();
  });
});
