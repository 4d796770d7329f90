import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualMachineInstanceView } from '@azure/arm-compute';
import type { Host } from '../emulator/support/nativeHost';
import { clientsOverHttp, clientsOverTls, type AzureClients } from '../support/azureClients';
import { UBUNTU_18_04, WINDOWS_2019 } from '../support/builders';
import { EVENING, simulatedHost } from '../support/simulatedHost';

const GROUP = 'myResourceGroup';
const FEATURES = ['InGuestAutoPatchVMPreview', 'InGuestPatchVMPreview'];

/** An hour passes in two seconds; clients that wait a second between two polls wait half an hour. */
const SPEED = 1800;

const WINDOWS = {
  location: 'eastus',
  hardwareProfile: { vmSize: 'Standard_D2s_v3' },
  storageProfile: {
    imageReference: WINDOWS_2019,
  },
  osProfile: {
    computerName: 'myWindowsVM',
    adminUsername: 'azureuser',
    adminPassword: 'not-a-secret-1!',
    windowsConfiguration: {
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      patchSettings: { patchMode: 'AutomaticByPlatform' },
    },
  },
};

const LINUX = {
  location: 'eastus',
  hardwareProfile: { vmSize: 'Standard_D2s_v3' },
  storageProfile: {
    imageReference: UBUNTU_18_04,
  },
  osProfile: {
    computerName: 'myLinuxVM',
    adminUsername: 'azureuser',
    linuxConfiguration: {
      provisionVMAgent: true,
      patchSettings: { patchMode: 'AutomaticByPlatform' },
    },
  },
};

describe.each([
  ['over TLS, unchanged', true],
  ['over http, with their bearer policy replaced', false],
])('the official clients %s', (_how, https) => {
  let host: Host;
  let azure: AzureClients;

  beforeAll(async () => {
    host = await simulatedHost({
      clock: { kind: 'spedUp', speed: SPEED, startUtc: EVENING },
      port: 0,
      https,
    });
    azure = https ? await clientsOverTls(host.baseUrl) : clientsOverHttp(host.baseUrl);
  });
  afterAll(() => host.close());

  /** Asks every second, as a person would, until it is so. */
  async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
    for (let asked = 0; asked < 90; asked += 1) {
      const answer = await ask();
      if (isSo(answer)) return answer;
      await sleep(1000);
    }
    throw new Error('It never became so.');
  }

  const viewOf = (vm: string): Promise<VirtualMachineInstanceView> =>
    azure.compute.virtualMachines.instanceView(GROUP, vm);

  it('R-601, R-602, R-603, R-604, R-701, R-702, R-703, R-709, R-801, R-802, R-803, R-901, R-902, R-903: go through the document from its first request to its last', async () => {
    const { compute, features, resources } = azure;

    // Requirements for enabling automatic VM guest patching: without the opt-in it is refused.
    await resources.providers.register('Microsoft.Compute');
    await resources.resourceGroups.createOrUpdate(GROUP, { location: 'eastus' });
    await expect(compute.virtualMachines.createOrUpdate(GROUP, 'tooEarly', LINUX)).rejects.toMatchObject({
      code: 'SubscriptionNotRegisteredForFeature',
    });

    // REST API: register both features, look until they are registered, propagate.
    for (const feature of FEATURES) {
      const registering = await features.features.register('Microsoft.Compute', feature);
      expect(registering.properties?.state).toMatch(/^Register(ing|ed)$/);
    }
    for (const feature of FEATURES)
      await until(
        () => features.features.get('Microsoft.Compute', feature),
        ({ properties }) => properties?.state === 'Registered',
      );
    await resources.providers.register('Microsoft.Compute');
    await until(
      () => resources.providers.get('Microsoft.Compute'),
      ({ registrationState }) => registrationState === 'Registered',
    );

    // Enable automatic VM guest patching: Linux and Windows.
    const [windows, linux] = await Promise.all([
      compute.virtualMachines.createOrUpdate(GROUP, 'myWindowsVM', WINDOWS),
      compute.virtualMachines.createOrUpdate(GROUP, 'myLinuxVM', LINUX),
    ]);
    expect(windows.provisioningState).toBe('Succeeded');
    expect(windows.osProfile?.adminPassword).toBeUndefined();
    expect(windows.osProfile?.windowsConfiguration?.patchSettings?.patchMode).toBe('AutomaticByPlatform');
    expect(linux.osProfile?.linuxConfiguration?.patchSettings?.patchMode).toBe('AutomaticByPlatform');

    // Enablement and assessment: the extension is there, and the assessment under patchStatus.
    for (const [vm, extension] of [
      ['myWindowsVM', 'Microsoft.CPlat.Core.WindowsPatchExtension'],
      ['myLinuxVM', 'Microsoft.CPlat.Core.LinuxPatchExtension'],
    ] as const) {
      const { extensions, patchStatus } = await until(
        () => viewOf(vm),
        (view) => view.patchStatus?.configurationStatuses?.[0]?.code === 'PatchModeConfigurationState/Ready',
      );
      expect(extensions?.map(({ type }) => type)).toEqual([extension]);
      expect(patchStatus?.availablePatchSummary?.status).toBe('Succeeded');
      expect(patchStatus?.lastPatchInstallationSummary).toBeUndefined();
    }

    // On-demand patch assessment: its result is the answer, and the instance view shows it.
    const assessed = await compute.virtualMachines.assessPatches(GROUP, 'myWindowsVM');
    expect(assessed.status).toBe('Succeeded');
    const { criticalAndSecurityPatchCount = 0, otherPatchCount = 0 } = assessed;
    expect(criticalAndSecurityPatchCount).toBeGreaterThan(0);
    expect(assessed.availablePatches).toHaveLength(criticalAndSecurityPatchCount + otherPatchCount);
    const [patch] = assessed.availablePatches ?? [];
    expect(patch).toMatchObject({ assessmentState: 'Available', activityId: assessed.assessmentActivityId });
    const { patchStatus: after } = await viewOf('myWindowsVM');
    expect(after?.availablePatchSummary).toMatchObject({
      assessmentActivityId: assessed.assessmentActivityId,
      criticalAndSecurityPatchCount,
      otherPatchCount,
    });
    expect(after?.lastPatchInstallationSummary).toBeUndefined();

    // Beyond the document: a person installs now, and the summary says what became of every patch.
    const installed = await compute.virtualMachines.installPatches(GROUP, 'myWindowsVM', {
      maximumDuration: 'PT3H',
      rebootSetting: 'IfRequired',
      windowsParameters: { classificationsToInclude: ['Critical', 'Security'] },
    });
    expect(installed.installedPatchCount).toBeGreaterThan(0);
    expect(installed.notSelectedPatchCount).toBe(otherPatchCount);
    const { patchStatus: shown } = await viewOf('myWindowsVM');
    expect(shown?.lastPatchInstallationSummary).toMatchObject({
      status: installed.status,
      installationActivityId: installed.installationActivityId,
      installedPatchCount: installed.installedPatchCount,
      notSelectedPatchCount: otherPatchCount,
    });
  });
});
