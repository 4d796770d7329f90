import { resolve } from 'node:path';
import type { AuditReport } from '../audit/auditReport';
import type { AppServices } from '../composition/compose';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { DriverEvent } from '../drivers/driver';
import { scenarioPath } from '../drivers/simulated/scenario';
import type { Host } from '../emulator/host';
import { serveArm, type ArmHandler, type ArmServer, type PlainRequest } from './armServer';
import { compareLogs, withRollouts } from './compareLogs';
import type { openSimulatedAzure as OpenSimulatedAzure, SimulatedAzure } from './simulatedAzure';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import { readFleet } from './readFleet';
import { say } from './say';
import { DAY_MS } from '../domain/timeUnits';

/** The simulated Azure on the other side of the wire, and what it says of the month. */
export interface AzureMonth {
  /** As its file has it. */
  readonly fleet: ParsedFleet;
  /** Settings of the app that talks to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The simulated Azure goes by the clock of this host. */
  open(host: Host, policy: Policy): void;
  /** The driver's own log. */
  driverEvents(host: Host, fromUtc: string, untilUtc: string): Promise<readonly DriverEvent[]>;
  /** The platform's own log. */
  platformEvents(untilUtc: string): readonly DriverEvent[];
  /** How the platform's own log stands against the driver's. */
  compare(driver: readonly DriverEvent[], platform: readonly DriverEvent[], audit: AuditOf): AzureReport;
  close(): Promise<void>;
}

type AuditOf = (events: readonly DriverEvent[]) => AuditReport;

export interface AzureReport {
  /** Requests of the driver, by method and kind. */
  readonly requests: Readonly<Record<string, number>>;
  /** The same auditor on the platform's own log. */
  readonly platformAudit: AuditReport;
  /** What the two logs say differently. */
  readonly disagreements: readonly string[];
}

/** A month through the SDK and HTTP: the app has the Azure driver, and a simulated Azure answers it on loopback. */
export async function azureMonth(options: {
  readonly fleet: string;
  readonly seed: number;
  readonly scenario?: string | undefined;
  readonly wire?: AzureWire;
}): Promise<AzureMonth> {
  const server = await serveArm();
  const requests: Record<string, number> = {};
  let platform: SimulatedAzure | null = null;
  const fleet = readFleet(options.fleet);
  const subscriptions = new Set(fleet.vms.map(({ subscriptionId }) => subscriptionId));
  return {
    fleet,
    environment: {
      LOWTIDE_DRIVER: 'azure',
      LOWTIDE_FLEET: '',
      LOWTIDE_SCENARIO: '',
      LOWTIDE_AZURE_ENDPOINT: server.url,
      LOWTIDE_AZURE_SUBSCRIPTIONS: [...subscriptions].sort().join(','),
      // As the simulated driver: health needs every signal. A deployment on Azure has `veto`.
      LOWTIDE_AZURE_RESOURCE_HEALTH: 'required',
    },
    open(host, policy) {
      const { openSimulatedAzure } = host.appModule('./dist/local/simulatedAzure') as {
        openSimulatedAzure: typeof OpenSimulatedAzure;
      };
      const { scenario } = options;
      platform = openSimulatedAzure(counting(server, requests, options.wire), {
        fleet: resolve(options.fleet),
        seed: options.seed,
        scenario: scenario === undefined ? null : scenarioPath(scenario),
        policy,
        report: (message) => {
          say.error(message);
        },
      });
    },
    driverEvents,
    platformEvents: (untilUtc) => platform?.events(untilUtc) ?? [],
    compare: (driver, events, audit) => ({
      requests,
      platformAudit: audit(withRollouts(events, driver)),
      disagreements: compareLogs(driver, events),
    }),
    close: () => server.close(),
  };
}

/** On Azure a Windows VM in Manual is Lowtide's: nothing else patches it (drivers/azure/patchControl.ts). */
export function asOnAzure<V extends Pick<VirtualMachine, 'patchMode' | 'osType'>>(
  vm: V,
): V & Pick<VirtualMachine, 'control'> {
  const isManual = vm.osType === 'Windows' && vm.patchMode?.toLowerCase() === 'manual';
  return isManual ? { ...vm, control: { kind: 'inCharge' } } : vm;
}

/** What stands between the driver and Azure. */
export type AzureWire = (honest: ArmHandler) => ArmHandler;

const asItIs: AzureWire = (honest) => honest;

function counting(server: ArmServer, requests: Record<string, number>, wire: AzureWire = asItIs): ArmServer {
  return {
    ...server,
    answerBy: (handler) => {
      const answer = wire(handler);
      server.answerBy((request) => {
        const kind = kindOf(request);
        requests[kind] = (requests[kind] ?? 0) + 1;
        return answer(request);
      });
    },
  };
}

/** `POST installPatches`, `GET operations`, `GET virtualMachines`. */
function kindOf({ method, url }: PlainRequest): string {
  const [path = ''] = url.split('?');
  const last = /\/operations\//i.test(path) ? 'operations' : (path.split('/').at(-1) ?? '');
  const isVm = /\/virtualMachines\/[^/]+$/i.test(path);
  return `${method} ${isVm ? 'virtualMachine' : last}`;
}

async function driverEvents(host: Host, fromUtc: string, untilUtc: string): Promise<readonly DriverEvent[]> {
  const { appServices } = host.appModule('./dist/composition/compose') as {
    appServices: () => Promise<AppServices>;
  };
  const { azureDriver } = await appServices();
  const events: DriverEvent[] = [];
  for (let ms = Date.parse(fromUtc); ms <= Date.parse(untilUtc); ms += DAY_MS) {
    const day = new Date(ms).toISOString().slice(0, 10);
    events.push(...((await azureDriver?.eventsOf(day)) ?? []).map((event) => event as DriverEvent));
  }
  return events.filter(({ at }) => at <= untilUtc);
}
