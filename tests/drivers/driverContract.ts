import { VmId } from '../../domain/ids';
import { PatchInstallationSummary } from '../../domain/patches';
import {
  OperationAnswer,
  StartAnswer,
  VmReading,
  type FleetDriver,
  type InstallRequest,
  type InventoryPage,
} from '../../drivers/driver';

/** A driver and what is behind it: at least 501 VMs, and some of them in the states the contract speaks of. */
export interface DriverSetup {
  readonly driver: FleetDriver;
  /** On, agent ready, enabled, with Critical and Security patches to install. */
  readonly ready: VmId;
  readonly poweredOff: VmId;
  /** On and ready, without the patch extension; null where the platform brings that by itself. */
  readonly notEnabled: VmId | null;
  /** On, without an agent. */
  readonly agentless: VmId;
  /** Lets time go by, or waits. */
  pass(minutes: number): Promise<void>;
}

const REQUEST: InstallRequest = {
  maximumDurationMinutes: 120,
  classificationsToInclude: ['Critical', 'Security'],
  rebootSetting: 'IfRequired',
  maxPatchPublishDate: null,
  rolloutId: 'rollout-2026-11',
};

/** What every driver promises, whatever is behind it. */
export function itKeepsTheContract(make: () => Promise<DriverSetup>): void {
  let setup: DriverSetup;
  beforeEach(async () => {
    setup = await make();
  });
  aboutReading(() => setup);
  aboutStarting(() => setup);
  aboutRefusals(() => setup);
  aboutHealth(() => setup);
}

function aboutReading(setup: () => DriverSetup): void {
  it('pages the inventory in order, at most 500 VMs a page, each VM once', async () => {
    const { driver } = setup();
    const pages: InventoryPage[] = [];
    for (let next: string | null = null, first = true; first || next !== null; first = false) {
      const page: InventoryPage = await driver.listVirtualMachines(next);
      pages.push(page);
      ({ next } = page);
    }
    const ids = pages.flatMap(({ items }) => items.map(({ id }) => id));
    expect(pages.length).toBeGreaterThan(1);
    expect(Math.max(...pages.map(({ items }) => items.length))).toBeLessThanOrEqual(500);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toContain(setup().ready);
  });

  it('reads a VM, and null for one that does not exist', async () => {
    const { driver, ready } = setup();
    expect(VmReading.safeParse(await driver.readVirtualMachine(ready)).error).toBeUndefined();
    expect(await driver.readVirtualMachine(missing(ready))).toBeNull();
  });

  it('answers «lost» for an operation it does not know', async () => {
    expect(await setup().driver.readOperation('no-such-operation')).toEqual({ kind: 'lost' });
  });

  it('R-801, R-802, R-902: shows the latest assessment on the VM', async () => {
    const { driver, ready } = setup();
    const answer = await finished(setup(), await driver.startAssessment(ready));
    expect(answer).toMatchObject({ kind: 'assessed', summary: { status: 'Succeeded' } });
    const reading = await driver.readVirtualMachine(ready);
    expect(reading?.lastAssessment).toEqual(answer.kind === 'assessed' ? answer.summary : undefined);
    expect(reading?.lastAssessment?.criticalAndSecurityPatchCount).toBeGreaterThan(0);
  });

  it('R-903: an assessment installs nothing', async () => {
    const { driver, ready } = setup();
    await finished(setup(), await driver.startAssessment(ready));
    expect((await driver.readVirtualMachine(ready))?.lastInstallation).toBeNull();
  });
}

function aboutStarting(setup: () => DriverSetup): void {
  it('R-801, R-803: shows an installation on the VM while it runs and when it is over, under one activity id', async () => {
    const { driver, ready } = setup();
    const answer = StartAnswer.parse(await driver.startInstallation(ready, REQUEST));
    const during = (await driver.readVirtualMachine(ready))?.lastInstallation;
    expect(during?.status).toBe('InProgress');
    const result = await finished(setup(), answer);
    const after = PatchInstallationSummary.parse((await driver.readVirtualMachine(ready))?.lastInstallation);
    expect(after).toEqual(result.kind === 'installed' ? result.summary : undefined);
    expect(after.installationActivityId).toBe(during?.installationActivityId);
    expect(after.installedPatchCount).toBeGreaterThan(0);
    expect(Date.parse(after.lastModifiedTime) - Date.parse(after.startTime)).toBeLessThanOrEqual(
      120 * 60_000,
    );
  });

  it('refuses a second operation while an installation runs: conflict', async () => {
    const { driver, ready } = setup();
    await driver.startInstallation(ready, REQUEST);
    expect(await driver.startInstallation(ready, REQUEST)).toMatchObject({
      kind: 'refused',
      code: 'conflict',
    });
  });

  it('refuses an assessment while an installation runs, which it would end: conflict', async () => {
    const { driver, ready } = setup();
    await driver.startInstallation(ready, REQUEST);
    expect(await driver.startAssessment(ready)).toMatchObject({ kind: 'refused', code: 'conflict' });
  });

  it('gives the same answer for an operation that is over, however often it is asked', async () => {
    const { driver, ready } = setup();
    const start = await driver.startInstallation(ready, REQUEST);
    const answer = await finished(setup(), start);
    if (start.kind === 'refused') throw new Error(start.message);
    await setup().pass(24 * 60);
    expect(await driver.readOperation(start.operationId)).toEqual(answer);
  });

  it('does not offer again what it has installed', async () => {
    const { driver, ready } = setup();
    await finished(setup(), await driver.startInstallation(ready, REQUEST));
    const answer = await finished(setup(), await driver.startAssessment(ready));
    expect(answer).toMatchObject({ summary: { criticalAndSecurityPatchCount: 0 } });
  });
}

function aboutRefusals(setup: () => DriverSetup): void {
  it('R-110: refuses to assess or install on a VM that is off', async () => {
    const { driver, poweredOff } = setup();
    const refused = { kind: 'refused', code: 'notRunning' };
    expect(await driver.startAssessment(poweredOff)).toMatchObject(refused);
    expect(await driver.startInstallation(poweredOff, REQUEST)).toMatchObject(refused);
  });

  it('R-501: refuses to start anything on a VM without a ready agent', async () => {
    const { driver, agentless } = setup();
    const refused = { kind: 'refused', code: 'agentNotReady' };
    expect(await driver.startAssessment(agentless)).toMatchObject(refused);
    expect(await driver.startExtensionInstallation(agentless)).toMatchObject(refused);
  });

  it('refuses what is asked of a VM that does not exist', async () => {
    const { driver, ready } = setup();
    expect(await driver.startAssessment(missing(ready))).toMatchObject({ kind: 'refused', code: 'notFound' });
  });

  it('R-114, R-703: installs patches only through the extension, once that is there', async () => {
    const { driver, notEnabled } = setup();
    if (notEnabled === null) {
      const brought = await finished(setup(), await driver.startExtensionInstallation(setup().ready));
      expect(brought).toMatchObject({ kind: 'extensionInstalled' });
      return;
    }
    expect(await driver.startInstallation(notEnabled, REQUEST)).toMatchObject({ code: 'extensionMissing' });
    const answer = await finished(setup(), await driver.startExtensionInstallation(notEnabled));
    const reading = await driver.readVirtualMachine(notEnabled);
    expect(reading).toMatchObject({
      vm: { enabled: true },
      extension: { version: expect.any(String) as string },
    });
    expect(answer).toEqual({ kind: 'extensionInstalled', version: reading?.extension?.version });
    expect(await driver.startInstallation(notEnabled, REQUEST)).toMatchObject({ kind: 'started' });
  });
}

function aboutHealth(setup: () => DriverSetup): void {
  it('R-204: probes the health of a VM by platform signals', async () => {
    const { driver, ready, poweredOff, agentless } = setup();
    expect(await driver.probeHealth(ready)).toMatchObject({ answer: 'healthy', because: '' });
    expect(await driver.probeHealth(poweredOff)).toMatchObject({ answer: 'stopped' });
    expect(await driver.probeHealth(agentless)).toMatchObject({ answer: 'unknown' });
    expect(await driver.probeHealth(missing(ready))).toBeNull();
  });
}

function missing(like: VmId): VmId {
  return VmId.parse(`${like}-that-is-not-there`);
}

/** Polls as a caller would, for at most eight hours. */
async function finished(setup: DriverSetup, start: StartAnswer): Promise<OperationAnswer> {
  if (start.kind === 'refused') throw new Error(`refused: ${start.code} ${start.message}`);
  for (let minutes = 0; minutes < 480; minutes += 1) {
    const answer = OperationAnswer.parse(await setup.driver.readOperation(start.operationId));
    if (answer.kind !== 'running') return answer;
    await setup.pass(1);
  }
  throw new Error('the operation did not end in eight hours');
}
