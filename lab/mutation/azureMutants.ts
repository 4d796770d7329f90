import { planted, type Mutant } from './mutant';

const CLOUD = 'composition/cloudProblems.ts';
const SETTINGS_TEST = 'tests/composition/settings.test.ts';
const START = 'drivers/azure/startOperation.ts';
const FOLLOW = 'drivers/azure/followOperation.ts';
const HEALTH = 'drivers/azure/health.ts';
const FAULTS_TEST = 'tests/drivers/azureFaults.test.ts';
const TOKEN_TEST = 'tests/drivers/azureToken.test.ts';
const CUTS_TEST = 'tests/drivers/azureCuts.test.ts';
const HEALTH_TEST = 'tests/drivers/azureHealth.test.ts';
const BUDGETS_TEST = 'tests/drivers/azureRequestBudgets.test.ts';
const COMMANDS_TEST = 'tests/drivers/azureCommands.test.ts';
const INVENTORY_TEST = 'tests/drivers/azureInventory.test.ts';
const CONTROL_TEST = 'tests/drivers/azurePatchControl.test.ts';

/** What a host in the cloud must not be started with. */
const guards: readonly Mutant[] = [
  planted(
    'in the cloud made-up VMs are taken for real ones',
    CLOUD,
    ["if (driver !== 'azure')", "if (driver === '')"],
    SETTINGS_TEST,
  ),
  planted(
    'in the cloud tables may end with the process',
    CLOUD,
    ["if (store === 'memory')", 'if (false)'],
    SETTINGS_TEST,
  ),
  planted(
    "in the cloud a developer's storage is taken",
    CLOUD,
    ['/UseDevelopmentStorage|127\\.0\\.0\\.1|localhost/i.test(storage.text)', 'storage.text === ""'],
    SETTINGS_TEST,
  ),
  planted(
    'in the cloud an endpoint that wants no token is taken',
    CLOUD,
    ['if (azure?.isLocal === true)', 'if (false)'],
    SETTINGS_TEST,
  ),
  planted(
    'a task hub may have the tables of the app',
    CLOUD,
    ['.filter((name) => ours.has(name))', '.filter(() => false)'],
    SETTINGS_TEST,
  ),
  planted(
    'in the cloud requests need no sign-in',
    'composition/authSettings.ts',
    ['if (sign !== null)', 'if (false)'],
    SETTINGS_TEST,
  ),
  planted(
    'a Function App is not known to be in the cloud by its name',
    'composition/cloudSign.ts',
    ["    'WEBSITE_SITE_NAME',\n", ''],
    SETTINGS_TEST,
  ),
];

/** What is started, and what is not. */
const starts: readonly Mutant[] = [
  planted(
    'an installation is started beside one of others',
    START,
    ["lastInstallation?.status === 'InProgress' &&", "lastInstallation?.status === 'Unknown' &&"],
    FAULTS_TEST,
  ),
  planted(
    'an installation is started beside an assessment of its own',
    'drivers/azure/azureDriver.ts',
    ["if (own?.state !== 'accepted') return null;", "if (own?.state !== 'refused') return null;"],
    FAULTS_TEST,
  ),
  planted(
    'an unanswered request to install is forgotten',
    START,
    ["own.state === 'sent' &&", "own.state === 'refused' &&"],
    FAULTS_TEST,
  ),
  planted(
    'a request is written down after it was sent',
    START,
    ['  await operations.put(sent);\n', ''],
    CUTS_TEST,
  ),
  planted(
    'a VM in other hands is installed',
    START,
    ["control.kind !== 'inCharge')", "control.kind === 'shared')"],
    INVENTORY_TEST,
  ),
  planted(
    'the poller of the SDK is awaited',
    'drivers/azure/arm.ts',
    ['await poller.submitted();', 'await poller;'],
    TOKEN_TEST,
  ),
  planted(
    'the SDK sends a request again by itself',
    'drivers/azure/arm.ts',
    ['retryOptions: { maxRetries: 0 }', 'retryOptions: { maxRetries: 3 }'],
    FAULTS_TEST,
  ),
  planted(
    'a link to another host is followed, with the token',
    'drivers/azure/arm.ts',
    ['new URL(url).host === own.host &&', 'own.host !== "" &&'],
    FAULTS_TEST,
  ),
  planted(
    'a gateway error is taken for a refusal',
    'drivers/azure/refusals.ts',
    [
      "status >= 400 && status < 500 && status !== 408 ? refused('notAllowed') : null",
      "refused('notAllowed')",
    ],
    FAULTS_TEST,
  ),
  planted(
    'an installation is not recognised on the VM when its request was not answered',
    FOLLOW,
    ["if (own.state === 'sent') {", "if (own.state === 'refused') {"],
    CUTS_TEST,
  ),
  planted(
    'an address that has expired is an operation that goes on',
    FOLLOW,
    ["if ([401, 403, 404, 410].includes(answer.status)) return { kind: 'lost' };", ''],
    FAULTS_TEST,
  ),
  planted(
    'an operation is polled before its time',
    FOLLOW,
    ['found.notBeforeUtc !== null && nowUtc() < found.notBeforeUtc', 'found.kind === "extension"'],
    FAULTS_TEST,
  ),
  planted(
    'a VM is changed by a dry run',
    'cli/enableAzure.ts',
    ["step.kind !== 'patch' || options.dryRun === true", "step.kind !== 'patch'"],
    COMMANDS_TEST,
  ),
  planted(
    'VMs are changed that were not named',
    'cli/enableAzure.ts',
    ['return vms.filter(({ id }) => wanted.includes(id));', 'return vms;'],
    COMMANDS_TEST,
  ),
];

/** What the fleet is, whose it is, and how it is. */
const readings: readonly Mutant[] = [
  planted(
    'a subscription that does not answer is no longer part of the fleet',
    'drivers/azure/scope.ts',
    ['missing: configured.filter((id) => !found.has(id))', 'missing: []'],
    INVENTORY_TEST,
  ),
  planted(
    'assignments that may not be read are none',
    'drivers/azure/inventory.ts',
    ['    if (status === 403) return false;\n', ''],
    INVENTORY_TEST,
  ),
  planted(
    'a dynamic scope without its filter',
    'drivers/azure/maintenance.ts',
    ['return filter === null || matches(vm, filter);', 'return filter === null;'],
    CONTROL_TEST,
  ),
  planted(
    'VMs that Azure patches every month are in charge',
    'drivers/azure/patchControl.ts',
    ['if (!bypassPlatformSafetyChecks && maintenance.length === 0)', 'if (false)'],
    CONTROL_TEST,
  ),
  planted(
    'a VM may be called for more often than Azure allows',
    'drivers/azure/requestBudgets.ts',
    ['guestPatchOfVm: { burst: 6,', 'guestPatchOfVm: { burst: 60,'],
    FAULTS_TEST,
  ),
  planted(
    'a subscription is read faster than Azure allows',
    'drivers/azure/requestBudgets.ts',
    ['armReads: { burst: 250, perMinute: 25 * 60', 'armReads: { burst: 250, perMinute: 250 * 60'],
    BUDGETS_TEST,
  ),
  planted(
    'a budget that Azure paused is used',
    'drivers/azure/requestBudgets.ts',
    ['return Math.max(0, paused, short);', 'return Math.max(0, short);'],
    BUDGETS_TEST,
  ),
  planted(
    'the quota of Resource Graph is not obeyed',
    'drivers/azure/resourceGraph.ts',
    ['    this.#obeyQuota(answer.headers);\n', ''],
    FAULTS_TEST,
  ),
  planted(
    'the report of an agent may be from before the installation',
    HEALTH,
    ['return isOver &&', 'return !isOver &&'],
    HEALTH_TEST,
  ),
  planted(
    'Resource Health that says nothing is an objection',
    HEALTH,
    ["state === 'unknown' && trust === 'veto'", "state === 'unknown' && trust === 'required'"],
    HEALTH_TEST,
  ),
  planted(
    'the application is not asked for its health',
    HEALTH,
    ['return view.applicationHealth === null', 'return view !== null'],
    HEALTH_TEST,
  ),
  planted(
    'a pending reboot does not show',
    HEALTH,
    ["isAssessedLater && assessed.rebootPending ? 'pending' : 'none'", "isAssessedLater ? 'none' : 'none'"],
    HEALTH_TEST,
  ),
  planted(
    'the setting for VMs that share their patching with their guest is ignored',
    'drivers/azure/virtualMachine.ts',
    ['control: withShared(control, sharedIs),', "control: withShared(control, 'skipped'),"],
    CONTROL_TEST,
  ),
];

/** Bugs of the Azure driver, and of the guards of a deployment. */
export const azureMutants: readonly Mutant[] = [...guards, ...starts, ...readings];
