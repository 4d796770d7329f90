import type { VirtualMachineInstallPatchesParameters } from '@azure/arm-compute';
import type { PatchAction } from './arm';
import { COMPUTE_VERSION } from './computeReads';
import { instanceViewOf } from './instanceView';
import { instantAt, member, textAt } from './json';
import { installationSummary } from './patchResults';
import { finding, said, waitAndLimits, type Finding, type ProbeOptions } from './probeFinding';
import type { ArmAnswer } from './refusals';
import type { VmModel } from './virtualMachine';

const LOOK_MS = 20_000;
/** What Azure is asked for first: five minutes more than is known to be taken. */
const LONG = 'PT4H';
const SHORT = 'PT2H';
const HOURS_MAX = 5;

interface Started {
  readonly statusUrl: string;
  readonly startedUtc: string;
}

/** What only an installation shows. It installs, reboots, and asks for more while it runs: for a VM that may be lost. */
export async function* aboutInstalling(options: ProbeOptions, model: VmModel): AsyncGenerator<Finding> {
  const modelSays = model.rebootSetting ?? 'nothing';
  const body = bodyOf(model);
  const started = yield* start(options, body);
  if (started === null) return;
  yield* aboutASecondRequest(options, body, started);
  const { agent, last } = await watch(options, started);
  yield finding('How long is the VM agent silent through a reboot?', agent, 'LOWTIDE_AZURE_HEARTBEAT');
  const endedUtc = instantAt(last.body, 'endTime') ?? options.nowUtc();
  const times = { startedUtc: started.startedUtc, endedUtc };
  const summary = installationSummary(member(last.body, 'properties', 'output'), times);
  const status = textAt(last.body, 'status') ?? said(last);
  const error = textAt(last.body, 'error', 'code');
  yield finding(
    'How does the first installation end, with newer requests behind it?',
    `${status}${error === null ? '' : ` ${error}`}${summary === null ? '' : `, ${summary.status}, ${summary.installedPatchCount} installed`}`,
  );
  yield finding(
    'Which reboot setting holds, that of the VM or that of the request?',
    `the VM says ${modelSays}, the request ${body.rebootSetting}: reboot ${summary?.rebootStatus ?? 'unknown'}`,
  );
}

/** Another setting than the VM's own, so that it shows which of the two holds. */
function bodyOf({ osType, rebootSetting }: VmModel): VirtualMachineInstallPatchesParameters {
  const isAlways = rebootSetting?.toLowerCase() === 'always';
  const parameters = { classificationsToInclude: ['Critical', 'Security'] };
  return {
    maximumDuration: LONG,
    rebootSetting: isAlways ? 'Never' : 'Always',
    ...(osType === 'Windows' ? { windowsParameters: parameters } : { linuxParameters: parameters }),
  };
}

async function* start(
  { arm, vmId, nowUtc }: ProbeOptions,
  body: VirtualMachineInstallPatchesParameters,
): AsyncGenerator<Finding, Started | null> {
  const startedUtc = nowUtc();
  const long = await arm.start(vmId, { kind: 'installPatches', body });
  yield finding(`Is a longer duration than 235 minutes taken (${LONG})?`, said(long));
  const first =
    long.status === 202
      ? long
      : await arm.start(vmId, { kind: 'installPatches', body: { ...body, maximumDuration: SHORT } });
  yield finding('Is installPatches taken in this patch mode and on this image?', said(first));
  yield finding(
    'How long does installPatches ask to wait, and what is left of which limit?',
    waitAndLimits(first, nowUtc()),
  );
  const statusUrl = first.headers['azure-asyncoperation'] ?? first.headers['location'];
  return first.status !== 202 || statusUrl === undefined ? null : { statusUrl, startedUtc };
}

async function* aboutASecondRequest(
  { arm, vmId }: ProbeOptions,
  body: VirtualMachineInstallPatchesParameters,
  { statusUrl }: Started,
): AsyncGenerator<Finding> {
  const actions: readonly PatchAction[] = [
    { kind: 'installPatches', body: { ...body, maximumDuration: SHORT } },
    { kind: 'assessPatches' },
  ];
  for (const action of actions) {
    const answer = await arm.start(vmId, action);
    const isSame = answer.headers['azure-asyncoperation'] === statusUrl;
    yield finding(
      `What is answered to ${action.kind} while an installation runs?`,
      `${said(answer)}${answer.status === 202 ? (isSame ? ', with the same URL' : ', with another URL') : ''}`,
    );
  }
}

/** Looks at the operation and at the agent until the operation is over. */
async function watch(
  { arm, vmId, nowUtc, sleep }: ProbeOptions,
  { statusUrl }: Started,
): Promise<{ readonly agent: string; readonly last: ArmAnswer }> {
  const url = `${vmId}/instanceView?api-version=${COMPUTE_VERSION}`;
  const untilMs = Date.parse(nowUtc()) + HOURS_MAX * 3_600_000;
  const changes: string[] = [];
  let known = '';
  let last = await arm.send({ method: 'GET', url: statusUrl });
  while (!isOver(last) && Date.parse(nowUtc()) < untilMs) {
    const { agent } = instanceViewOf((await arm.send({ method: 'GET', url })).body);
    if (agent.status !== known) changes.push(`${agent.status} at ${nowUtc()}`);
    known = agent.status;
    await sleep(LOOK_MS);
    last = await arm.send({ method: 'GET', url: statusUrl });
  }
  return { agent: changes.join(', '), last };
}

const isOver = ({ status, body }: ArmAnswer): boolean =>
  status >= 400 || /succe|fail|cancel/i.test(textAt(body, 'status') ?? '');
