import { azureForCommands } from '../composition/azureParts';
import { LowtideError } from '../domain/lowtideError';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Arm } from '../drivers/azure/arm';
import { enablementOf, type EnablementStep } from '../drivers/azure/enablement';
import { COMPUTE_VERSION } from '../drivers/azure/computeReads';
import { codeIn, messageIn } from '../drivers/azure/errorBody';
import { say } from '../local/say';
import { listFleet } from './azureFleet';
import { azureSettingsOf, RequestCount, type AzureOptions } from './azureScope';

export interface EnableAzureOptions extends AzureOptions {
  /** Ids of the VMs; all that the settings select when it is not given. */
  readonly vm?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Azure takes 12 changes of a VM and 1,500 of a subscription at once; one after another is never throttled by them. */
const PAUSE_MS = 300;

/**
 * Puts VMs into Lowtide's hands: AutomaticByPlatform with the bypass, and the platform's own assessments. The only command, and the only code,
 * that changes a VM's settings. Returns the exit code.
 */
export async function runEnableAzure(options: EnableAzureOptions): Promise<0 | 2> {
  const { azure, summary } = azureSettingsOf(options);
  const requests = new RequestCount();
  const { driver, arm } = azureForCommands(azure, requests.seen);
  const { vms, unanswered } = await listFleet(driver);
  const chosen = chosenOf(vms, options.vm);
  say.line(summary);
  let failures = unanswered.length;
  for (const id of unanswered) say.line(`note: the subscription ${id} did not answer.`);
  for (const vm of chosen) {
    const step = enablementOf(vm);
    say.line(`${vm.armId}: ${textOf(step)}`);
    if (step.kind !== 'patch' || options.dryRun === true) continue;
    const problem = await patch(arm, vm, step);
    if (problem === null) continue;
    failures += 1;
    say.error(`${vm.armId}: ${problem}`);
  }
  for (const line of requests.lines()) say.line(line);
  if (options.dryRun === true) say.line('A dry run: nothing was changed.');
  return failures === 0 ? 0 : 2;
}

function chosenOf(
  vms: readonly VirtualMachine[],
  ids: readonly string[] | undefined,
): readonly VirtualMachine[] {
  if (ids === undefined) return vms;
  const wanted = ids.map((id) => id.toLowerCase());
  const missing = wanted.filter((id) => !vms.some((vm) => vm.id === id));
  if (missing.length === 0) return vms.filter(({ id }) => wanted.includes(id));
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `Azure does not list VM ${missing.join(', ')}.`,
    why: 'It does not exist, may not be read, or LOWTIDE_AZURE_SELECT leaves it out.',
    fix: 'Give the whole resource id, as npm run plan -- --azure --json writes it.',
  });
}

function textOf(step: EnablementStep): string {
  switch (step.kind) {
    case 'nothing':
      return `nothing to do: ${step.because}`;
    case 'byOwner':
      return `left alone: ${step.because}`;
    case 'patch':
      return `${step.from} becomes AutomaticByPlatform with bypassPlatformSafetyChecksOnUserSchedule`;
  }
}

/** Null when Azure has taken it. It may go on for hours by itself (azure-driver-facts, section 1). */
async function patch(
  arm: Arm,
  vm: VirtualMachine,
  { body }: Extract<EnablementStep, { kind: 'patch' }>,
): Promise<string | null> {
  const url = `${vm.armId}?api-version=${COMPUTE_VERSION}`;
  const { status, body: said } = await arm.send({ method: 'PATCH', url, body });
  await new Promise((resolve) => {
    setTimeout(resolve, PAUSE_MS);
  });
  return status < 300 ? null : `Azure answered ${status}: ${codeIn(said)} ${messageIn(said)}`;
}
