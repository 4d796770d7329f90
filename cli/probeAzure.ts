import { azureForCommands } from '../composition/azureParts';
import { VmId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { probeVm } from '../drivers/azure/probe';
import { say } from '../local/say';
import { azureSettingsOf, RequestCount, type AzureOptions } from './azureScope';

export interface ProbeAzureOptions extends AzureOptions {
  readonly vm: string;
  readonly urlMinutes: number;
}

/** Answers by experiment what no document answers, on one VM. Returns the exit code. */
export async function runProbeAzure({ vm, urlMinutes, ...options }: ProbeAzureOptions): Promise<0> {
  const id = VmId.safeParse(vm);
  if (!id.success)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `'${vm}' is no id of a virtual machine.`,
      why: 'An id is /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/…',
      fix: 'Copy it from the portal, or from npm run plan -- --azure --json.',
    });
  const subscriptions = options.subscriptions ?? id.data.split('/')[2];
  const { azure } = azureSettingsOf({ ...options, subscriptions });
  const requests = new RequestCount();
  const { arm } = azureForCommands(azure, requests.seen);
  say.line('It is read, and assessed twice. Nothing is installed and no setting is changed.\n');
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });
  const nowUtc = (): string => new Date().toISOString();
  for await (const { question, answer, setting } of probeVm({ arm, vmId: vm, nowUtc, sleep, urlMinutes }))
    say.line(`${question}\n  ${answer}${setting === null ? '' : `   (${setting})`}`);
  for (const line of ['', ...requests.lines()]) say.line(line);
  return 0;
}
