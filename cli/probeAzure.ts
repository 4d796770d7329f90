import { azureForCommands } from '../composition/azureParts';
import { VmId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { probeVm } from '../drivers/azure/probe';
import { say } from '../local/say';
import { azureSettingsOf, RequestCount, type AzureOptions } from './azureScope';

export interface ProbeAzureOptions extends AzureOptions {
  readonly vm: string;
  readonly urlMinutes: number;
  readonly install?: boolean | undefined;
}

/** Answers by experiment what no document answers, on one VM. Returns the exit code. */
export async function runProbeAzure({ vm, urlMinutes, install, ...options }: ProbeAzureOptions): Promise<0> {
  const id = VmId.safeParse(vm);
  if (!id.success)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `'${vm}' is not the id of a virtual machine.`,
      why: 'An id is /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/…',
      fix: 'Copy it from the portal, or from npm run plan -- --azure --json.',
    });
  const subscriptions = options.subscriptions ?? id.data.split('/')[2];
  const { azure } = azureSettingsOf({ ...options, subscriptions });
  const requests = new RequestCount();
  const { arm } = azureForCommands(azure, requests.seen);
  const installs = install === true;
  const does = installs ? 'patches are installed, and it is rebooted' : 'nothing is installed';
  say.line(`It is read, and assessed twice; ${does}. No setting is changed.\n`);
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });
  const nowUtc = (): string => new Date().toISOString();
  const probe = { arm, vmId: vm, nowUtc, sleep, urlMinutes, installs };
  for await (const { question, answer, setting } of probeVm(probe))
    say.line(`${question}\n  ${answer}${setting === null ? '' : `   (${setting})`}`);
  for (const line of ['', ...requests.lines()]) say.line(line);
  return 0;
}
