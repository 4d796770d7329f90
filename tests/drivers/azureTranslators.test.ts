import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AvailablePatchSummary, PatchInstallationSummary } from '../../domain/patches';
import { instanceViewOf } from '../../drivers/azure/instanceView';
import { installBody } from '../../drivers/azure/installBody';
import { member } from '../../drivers/azure/json';
import { assignmentOf, configurationsOf } from '../../drivers/azure/maintenance';
import { assessmentSummary, installationSummary } from '../../drivers/azure/patchResults';
import { refusalOf } from '../../drivers/azure/refusals';
import { selectorOf, isSelected } from '../../drivers/azure/scope';
import { modelOfVm, virtualMachineOf } from '../../drivers/azure/virtualMachine';
import { CRITICAL_AND_SECURITY } from './clockedDriver';

/** Recorded exchanges lie beside the repository, and may be missing: then what is tested against them is skipped, and says so. */
const RECORDINGS = join(__dirname, '..', '..', '..', 'shared', 'reference', 'azure-recordings');
const hasRecordings = existsSync(RECORDINGS);
const withRecordings = hasRecordings ? describe : describe.skip;

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

function recorded(exchange: string): readonly Exchange[] {
  const file = readdirSync(RECORDINGS).find((name) => name.startsWith(`${exchange}-`)) ?? '';
  return JSON.parse(readFileSync(join(RECORDINGS, file), 'utf8')) as Exchange[];
}

/** The result of the last poll. */
const resultOf = (exchange: string): unknown =>
  recorded(exchange)
    .map(({ responseBody }) => member(responseBody, 'properties', 'output'))
    .findLast((output) => output !== undefined);

const TIMES = { startedUtc: '2026-11-10T18:00:00.000Z', endedUtc: '2026-11-10T18:30:00.000Z' };

withRecordings(
  'what Azure really answered, in words of Lowtide (needs the recordings beside the repository)',
  () => {
    it.each(['01', '02', '03', '04'])(
      'assessment %s succeeded, whatever its error member says',
      (exchange) => {
        const summary = assessmentSummary(resultOf(exchange), TIMES);
        expect(AvailablePatchSummary.parse(summary)).toMatchObject({ status: 'Succeeded', error: null });
      },
    );

    it('assessment 03 counts what needs Ubuntu Pro, as Azure does: 123, of which 122 cannot be installed', () => {
      expect(assessmentSummary(resultOf('03'), TIMES)?.criticalAndSecurityPatchCount).toBe(123);
    });

    it.each<[string, number]>([
      ['05', 2],
      ['06', 3],
      ['07', 0],
      ['08', 0],
      ['09', 0],
      ['16', 0],
    ])('installation %s succeeded with %s installed', (exchange, installedPatchCount) => {
      const summary = installationSummary(resultOf(exchange), TIMES);
      expect(PatchInstallationSummary.parse(summary)).toMatchObject({
        status: 'Succeeded',
        installedPatchCount,
        failedPatchCount: 0,
        rebootStatus: 'NotNeeded',
        error: null,
      });
    });

    it('the instance views of 20 follow the power switch; an agent that says Ready on a stopped VM is none', () => {
      const views = recorded('20').flatMap(({ url, responseBody }) =>
        /instanceView/i.test(url)
          ? [instanceViewOf(member(responseBody, 'properties', 'instanceView') ?? responseBody)]
          : [],
      );
      const states = new Set(views.map(({ powerState }) => powerState));
      expect([...states]).toEqual(expect.arrayContaining(['running', 'stopped', 'deallocated']));
      const off = views.filter(({ powerState }) => powerState !== 'running');
      expect(new Set(off.map(({ agent }) => agent.status))).toEqual(new Set(['unknown']));
      expect(views.find(({ powerState }) => powerState === 'running')?.agent.status).toBe('ready');
    });

    it('every VM that was ever recorded is read', () => {
      const vms = readdirSync(RECORDINGS)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => recorded(name.replace(/-.*$/, '')))
        .filter(
          ({ method, status, url }) =>
            method === 'GET' && status === 200 && /virtualMachines\/[^/?]+\?/.test(url),
        )
        .map(({ responseBody }) => responseBody)
        .filter((body) => member(body, 'type') === 'Microsoft.Compute/virtualMachines');
      expect(vms.length).toBeGreaterThan(20);
      for (const body of vms) {
        const model = modelOfVm(body);
        expect(model).not.toBeNull();
        if (model === null) throw new Error('it is a VM');
        const vm = virtualMachineOf(model, { domains: null, assignments: [], sharedIs: 'skipped' });
        expect(vm.osType).not.toBeNull();
        expect(vm.control).toBeDefined();
      }
    });

    it('17 is in charge: AutomaticByPlatform with the bypass', () => {
      const body = recorded('17').find(({ status }) => status === 200)?.responseBody;
      const model = modelOfVm(body);
      if (model === null) throw new Error('no VM in 17');
      expect(model.bypass).toBe(true);
      expect(
        virtualMachineOf(model, { domains: null, assignments: [], sharedIs: 'skipped' }).control,
      ).toEqual({
        kind: 'inCharge',
      });
    });

    it('a dynamic scope of 50 is evaluated: location, group, system and tags', () => {
      const scope = recorded('50').find(
        ({ url, responseBody }) =>
          url.includes('cli_dynamicscope_recording01') &&
          member(responseBody, 'properties', 'filter') !== undefined,
      )?.responseBody;
      const assignment = assignmentOf({
        resourceId: member(scope, 'properties', 'resourceId'),
        configuration: member(scope, 'properties', 'maintenanceConfigurationId'),
        filter: member(scope, 'properties', 'filter'),
      });
      if (assignment === null) throw new Error('no scope in 50');
      const id = `${assignment.resourceId}/resourcegroups/rg2/providers/microsoft.compute/virtualmachines/vm`;
      const vm = {
        id,
        region: 'eastus2euap',
        osType: 'Linux',
        tags: { tagKey1: 'tagKey1Val2', TAGKEY2: 'tagKey2Val1' },
      };
      expect(configurationsOf(vm, [assignment])).toEqual(['clitestmrpconfinguestadvanced']);
      for (const change of [
        { region: 'eastus' },
        { tags: { tagKey1: 'tagKey1Val1' } },
        { id: id.replace('rg2', 'rg3') },
      ])
        expect(configurationsOf({ ...vm, ...change }, [assignment])).toEqual([]);
    });

    it('every recorded refusal has its meaning: 429 throttled in all shapes, 5xx unknown, 401 passes, 403 does not', () => {
      const codeOf = ({ status, responseHeaders, responseBody }: Exchange): string =>
        refusalOf({ status, headers: responseHeaders, body: responseBody }, '2020-01-01T00:00:00.000Z')
          ?.code ?? 'unknown';
      for (const exchange of [...recorded('71'), ...recorded('72'), ...recorded('73')]) {
        if (exchange.status < 400) continue;
        const wanted: Readonly<Record<number, string>> = {
          429: 'throttled',
          401: 'throttled',
          403: 'notAllowed',
          404: 'notFound',
        };
        expect([exchange.status, codeOf(exchange)]).toEqual([
          exchange.status,
          wanted[exchange.status] ?? 'unknown',
        ]);
      }
    });

    it('the seconds of a throttled answer are found where they are written', () => {
      const seconds = recorded('72')
        .filter(({ status }) => status === 429)
        .map(
          ({ status, responseHeaders, responseBody }) =>
            refusalOf({ status, headers: responseHeaders, body: responseBody }, '2023-11-27T09:04:27.000Z')
              ?.retryAfterSeconds,
        );
      expect(seconds).toEqual(expect.arrayContaining([324, 6, 30, 60]));
    });
  },
);

describe('what counts as a bad patch', () => {
  const failed = {
    status: 'Failed',
    installationActivityId: 'a',
    rebootStatus: 'NotNeeded',
    maintenanceWindowExceeded: false,
    installedPatchCount: 3,
    failedPatchCount: 0,
    pendingPatchCount: 0,
    error: { code: '1', message: '1 error/s reported.', details: [] },
  };
  const read = (change: object): PatchInstallationSummary | null =>
    installationSummary({ ...failed, ...change }, TIMES);

  it('a window that was too short is none: the rest is pending', () => {
    const summary = read({ maintenanceWindowExceeded: true, pendingPatchCount: 4 });
    expect(summary).toMatchObject({ status: 'CompletedWithWarnings', pendingPatchCount: 4, error: null });
    expect(read({ maintenanceWindowExceeded: true, installedPatchCount: 0 })?.pendingPatchCount).toBe(1);
  });

  it('a window that was too short while a patch failed, or a reboot, is one', () => {
    expect(read({ maintenanceWindowExceeded: true, failedPatchCount: 1 })?.status).toBe('Failed');
    expect(read({ maintenanceWindowExceeded: true, rebootStatus: 'Failed' })?.status).toBe('Failed');
  });

  it('patches that need Ubuntu Pro are none: they are not for this VM', () => {
    const error = {
      code: '1',
      message: '1 error/s reported.',
      details: [{ code: 'UA_ESM_REQUIRED', message: '2 patches requires Ubuntu Pro' }],
    };
    expect(read({ error, failedPatchCount: 2 })).toMatchObject({
      status: 'Succeeded',
      failedPatchCount: 0,
      notSelectedPatchCount: 2,
      error: null,
    });
    expect(read({ error, failedPatchCount: 3 })).toMatchObject({ status: 'Failed', failedPatchCount: 3 });
  });

  it('a closing assessment that failed is none when the patches are in', () => {
    const error = {
      code: 'PACKAGE_MANAGER_FAILURE',
      message: 'The assessment after the installation failed.',
    };
    expect(read({ error })).toMatchObject({ status: 'CompletedWithWarnings', error: null });
    expect(read({ error, installedPatchCount: 0 })?.status).toBe('Failed');
  });

  it('anything else that failed stays failed, with its code', () => {
    const error = {
      code: '1',
      message: '1 error/s reported.',
      details: [{ code: 'PATCH_FAILED', message: 'kernel' }],
    };
    expect(read({ error, failedPatchCount: 1 })).toMatchObject({
      status: 'Failed',
      error: { code: 'PATCH_FAILED' },
    });
  });
});

describe('what is requested of Azure', () => {
  it('each system gets its own limits, and what cannot be had is said', () => {
    const request = { ...CRITICAL_AND_SECURITY, maxPatchPublishDate: '2026-11-11T18:00:00.000Z' };
    const windows = installBody(request, 'Windows');
    expect(windows).toMatchObject({
      kind: 'body',
      body: {
        maximumDuration: 'PT3H55M',
        windowsParameters: { maxPatchPublishDate: new Date('2026-11-11T18:00:00Z') },
      },
      notApplied: [],
    });
    expect(installBody(request, 'Linux')).toMatchObject({
      body: { linuxParameters: { classificationsToInclude: ['Critical', 'Security'] } },
      notApplied: ['maxPatchPublishDate'],
    });
    expect(installBody({ ...request, maximumDurationMinutes: 400 }, 'Linux')).toMatchObject({
      body: { maximumDuration: 'PT3H55M' },
    });
    expect(installBody({ ...request, maximumDurationMinutes: 20 }, 'Linux')).toMatchObject({
      kind: 'impossible',
    });
    expect(installBody({ ...request, kbNumbersToInclude: ['1'] }, 'Linux')).toMatchObject({
      kind: 'impossible',
    });
    expect(installBody(request, null)).toMatchObject({ kind: 'impossible' });
  });

  it('a selector picks VMs by tag, group or region: one of each kind that is given', () => {
    const model = modelOfVm({
      id: '/subscriptions/s/resourceGroups/Prod/providers/Microsoft.Compute/virtualMachines/vm',
      location: 'West Europe',
      tags: { Patching: 'Lowtide' },
      properties: {},
    });
    if (model === null) throw new Error('this is a VM');
    const selected = (...written: string[]): boolean =>
      isSelected(
        model,
        written.flatMap((text) => selectorOf(text) ?? []),
      );
    expect([selected(), selected('tag:patching=lowtide', 'group:prod', 'region:westeurope')]).toEqual([
      true,
      true,
    ]);
    expect([selected('group:test', 'group:prod'), selected('group:prod', 'region:eastus')]).toEqual([
      true,
      false,
    ]);
    expect(selectorOf('name:vm')).toBeNull();
  });
});

describe('an instance of a scale set with flexible orchestration', () => {
  const ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute';
  const domains = { updateDomain: 3, faultDomain: 1 };
  it.each([
    ['virtualMachineScaleSet', `${ID}/virtualMachineScaleSets/Flex`, 1],
    ['availabilitySet', `${ID}/availabilitySets/Set`, 3],
  ])('a VM with %s is of a set, whose domain is the one that goes down together', (member, id, domain) => {
    const model = modelOfVm({
      id: `${ID}/virtualMachines/vm`,
      location: 'westus',
      properties: { [member]: { id }, vmId: 'AAAAAAAA-0000-4000-8000-000000000001' },
    });
    const vm = model && virtualMachineOf(model, { domains, assignments: [], sharedIs: 'skipped' });
    expect([vm?.availabilitySetId, vm?.updateDomain]).toEqual([id.toLowerCase(), domain]);
    expect(vm?.uniqueId).toBe('aaaaaaaa-0000-4000-8000-000000000001');
  });

  it('an update domain that a set does not tell is never guessed from its fault domain', () => {
    const view = instanceViewOf({ platformFaultDomain: 1 });
    expect([view.updateDomain, view.faultDomain]).toEqual([null, 1]);
  });
});
