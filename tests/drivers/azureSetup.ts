import { defaultPolicy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { DriverEvent, FleetDriver } from '../../drivers/driver';
import type { ArmRequestSeen } from '../../drivers/azure/arm';
import { azureDriver, type AzureDriverOptions } from '../../drivers/azure/azureDriver';
import { memoryOperations, type OperationTable } from '../../drivers/azure/operationTable';
import { serveArm, type ArmHandler, type ArmServer } from '../../local/armServer';
import type * as SimulatedArm from '../../local/simulatedArm';
import { loadNatively } from '../emulator/support/nativeHost';
import { aClockedDriver, type ClockedDriver } from './clockedDriver';

const { simulatedArm } = loadNatively('dist/local/simulatedArm.js') as typeof SimulatedArm;

/** An Azure driver that talks over HTTP to a simulated Azure, whose clock both have. */
export interface AzureSetup {
  readonly driver: FleetDriver;
  readonly simulated: ClockedDriver;
  readonly server: ArmServer;
  readonly operations: OperationTable;
  /** What the driver has logged. */
  readonly logged: DriverEvent[];
  /** What the driver has sent. */
  readonly sent: ArmRequestSeen[];
  /** Milliseconds that the driver has waited inside calls. */
  waitedMs(): number;
  /** Puts something between the driver and the simulated Azure. */
  answerBy(wrap: (honest: ArmHandler) => ArmHandler): void;
  /** A driver as of a process that begins: it has the same tables and nothing else. */
  restarted(): FleetDriver;
  close(): Promise<void>;
}

export async function anAzureSetup(options: {
  readonly vms: readonly VirtualMachine[];
  readonly seed?: number;
  readonly effects?: readonly unknown[];
  readonly startUtc?: string;
  readonly over?: Partial<AzureDriverOptions>;
}): Promise<AzureSetup> {
  const { vms, over = {}, ...ofDriver } = options;
  const simulated = aClockedDriver({ vms, ...ofDriver });
  const server = await serveArm();
  const honest = simulatedArm({
    driver: simulated.driver,
    policy: defaultPolicy,
    nowUtc: () => simulated.now(),
    report: (message) => {
      throw new Error(message);
    },
  });
  server.answerBy(honest);
  const operations = memoryOperations();
  const logged: DriverEvent[] = [];
  const sent: ArmRequestSeen[] = [];
  let waitedMs = 0;
  const make = (): FleetDriver =>
    azureDriver({
      endpoint: server.url,
      credential: null,
      scope: {
        subscriptions: [...new Set(vms.map(({ subscriptionId }) => subscriptionId))],
        managementGroups: [],
        selectors: [],
      },
      operations,
      log: {
        append: (events) => {
          logged.push(...events);
          return Promise.resolve();
        },
      },
      sharedIs: 'skipped',
      health: { resourceHealth: 'required', heartbeat: 'reportTime' },
      platformAssessments: true,
      clock: {
        nowMs: () => Date.parse(simulated.now()) + waitedMs,
        sleep: (milliseconds) => {
          waitedMs += milliseconds;
          return Promise.resolve();
        },
      },
      nowUtc: () => simulated.now(),
      onRequest: (request) => sent.push(request),
      ...over,
    });
  return {
    driver: make(),
    simulated,
    server,
    operations,
    logged,
    sent,
    waitedMs: () => waitedMs,
    answerBy: (wrap) => {
      server.answerBy(wrap(honest));
    },
    restarted: make,
    close: () => server.close(),
  };
}
