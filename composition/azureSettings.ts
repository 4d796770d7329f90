import { selectorOf, type FleetScope, type Selector } from '../drivers/azure/scope';
import type { HealthSettings } from '../drivers/azure/health';

/** How the Azure driver is set up; null with any other driver. */
export interface AzureSettings {
  /** Of Azure Resource Manager. */
  readonly endpoint: string;
  /** Plain http on this machine: a simulated Azure, that wants no token. */
  readonly isLocal: boolean;
  readonly scope: FleetScope;
  readonly sharedIs: 'skipped' | 'patched';
  readonly health: HealthSettings;
  readonly platformAssessments: boolean;
}

export const AZURE_SETTINGS = [
  'LOWTIDE_AZURE_ENDPOINT',
  'LOWTIDE_AZURE_SUBSCRIPTIONS',
  'LOWTIDE_AZURE_MANAGEMENT_GROUPS',
  'LOWTIDE_AZURE_SELECT',
  'LOWTIDE_AZURE_SHARED',
  'LOWTIDE_AZURE_RESOURCE_HEALTH',
  'LOWTIDE_AZURE_HEARTBEAT',
  'LOWTIDE_AZURE_ASSESSMENTS',
] as const;

const PUBLIC_CLOUD = 'https://management.azure.com';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost):\d+$/;

type Given = (name: string) => string | null;
type OneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T) => T;

/** Reads them for LOWTIDE_DRIVER=azure; with another driver each that is given is a problem. */
export function readAzure(
  driver: string,
  given: Given,
  oneOf: OneOf,
  problems: string[],
): AzureSettings | null {
  if (driver !== 'azure') {
    for (const name of AZURE_SETTINGS.filter((each) => given(each) !== null))
      problems.push(`${name} is given, and LOWTIDE_DRIVER is not azure.`);
    return null;
  }
  for (const name of ['LOWTIDE_STATE_DIR', 'LOWTIDE_FLEET', 'LOWTIDE_SCENARIO'] as const)
    if (given(name) !== null)
      problems.push(`${name} is of no use with LOWTIDE_DRIVER=azure: the VMs are those of Azure.`);
  const endpoint = (given('LOWTIDE_AZURE_ENDPOINT') ?? PUBLIC_CLOUD).replace(/\/+$/, '');
  const isLocal = LOCAL.test(endpoint);
  if (!isLocal && !/^https:\/\/[a-z0-9.-]+$/i.test(endpoint))
    problems.push(
      `LOWTIDE_AZURE_ENDPOINT is '${endpoint}'; it is the address of Azure Resource Manager, such as ${PUBLIC_CLOUD}.`,
    );
  return {
    endpoint,
    isLocal,
    scope: scopeOf(given, problems),
    sharedIs: oneOf('LOWTIDE_AZURE_SHARED', ['skipped', 'patched'], 'skipped'),
    health: {
      resourceHealth: oneOf('LOWTIDE_AZURE_RESOURCE_HEALTH', ['veto', 'required', 'off'], 'veto'),
      heartbeat: oneOf('LOWTIDE_AZURE_HEARTBEAT', ['reportTime', 'ready'], 'reportTime'),
    },
    platformAssessments: oneOf('LOWTIDE_AZURE_ASSESSMENTS', ['platform', 'ask'], 'platform') === 'platform',
  };
}

function scopeOf(given: Given, problems: string[]): FleetScope {
  const subscriptions = listOf(given('LOWTIDE_AZURE_SUBSCRIPTIONS'));
  const managementGroups = listOf(given('LOWTIDE_AZURE_MANAGEMENT_GROUPS'));
  for (const id of subscriptions.filter((each) => !GUID.test(each)))
    problems.push(`LOWTIDE_AZURE_SUBSCRIPTIONS has '${id}', which is not the id of a subscription.`);
  if (subscriptions.length === 0 && managementGroups.length === 0)
    problems.push(
      'Neither LOWTIDE_AZURE_SUBSCRIPTIONS nor LOWTIDE_AZURE_MANAGEMENT_GROUPS is given; with LOWTIDE_DRIVER=azure they say whose VMs are patched.',
    );
  const selectors: Selector[] = [];
  for (const written of listOf(given('LOWTIDE_AZURE_SELECT'))) {
    const selector = selectorOf(written);
    if (selector === null)
      problems.push(
        `LOWTIDE_AZURE_SELECT has '${written}'; a selector is tag:name=value, group:name or region:name.`,
      );
    else selectors.push(selector);
  }
  return { subscriptions, managementGroups, selectors };
}

function listOf(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
