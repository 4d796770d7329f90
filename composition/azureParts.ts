import { DefaultAzureCredential } from '@azure/identity';
import { azureDriver, type AzureDriverOptions } from '../drivers/azure/azureDriver';
import { memoryOperations } from '../drivers/azure/operationTable';
import type { FleetDriver } from '../drivers/driver';
import { Arm, type ArmRequestSeen, type Credential } from '../drivers/azure/arm';
import type { AzureSettings } from './azureSettings';

/** For commands: the driver of these settings, with no table behind it. What it sends is shown to `onRequest`. */
export function azureForCommands(
  settings: AzureSettings,
  onRequest: (request: ArmRequestSeen) => void,
): { readonly driver: FleetDriver; readonly arm: Arm } {
  const { endpoint, scope, sharedIs, health } = settings;
  const options: AzureDriverOptions = {
    endpoint,
    credential: credentialOf(settings),
    scope,
    sharedIs,
    health,
    platformAssessments: false,
    operations: memoryOperations(),
    log: { append: () => Promise.resolve() },
    onRequest,
  };
  return { driver: azureDriver(options), arm: new Arm({ ...options, onRequest }) };
}

function credentialOf({ isLocal }: AzureSettings): Credential | null {
  return isLocal ? null : new DefaultAzureCredential();
}
