import { instanceViewOf } from './instanceView';
import { COMPUTE_VERSION } from './computeReads';
import { instantAt, listAt, member, textAt } from './json';
import { ASSIGNMENTS_VERSION } from './maintenance';
import { assessmentSummary } from './patchResults';
import { finding, limitsIn, said, waitAndLimits, type Finding, type ProbeOptions } from './probeFinding';
import { aboutInstalling } from './probeInstall';
import { QUERIES } from './queries';
import { GRAPH_URL } from './resourceGraph';
import type { ArmAnswer } from './refusals';
import { modelOfVm, virtualMachineOf, type VmModel } from './virtualMachine';

const POLL_MS = 15_000;
const ASSESSMENT_MINUTES_MAX = 60;

/**
 * Experiments on one VM that answer what no document does (azure-driver-facts, section 12). They read, and they assess twice. What takes an
 * installation and a reboot is done only when it is asked for. No setting is changed.
 */
export async function* probeVm(options: ProbeOptions): AsyncGenerator<Finding> {
  const model = yield* aboutReading(options);
  if (model === null) return;
  yield* aboutRights(options);
  const started = yield* aboutAssessing(options);
  if (started !== null) yield* aboutTheEnd(options, started);
  if (options.installs) yield* aboutInstalling(options, model);
}

async function* aboutReading({
  arm,
  vmId,
  nowUtc,
  sleep,
}: ProbeOptions): AsyncGenerator<Finding, VmModel | null> {
  const url = `${vmId}?$expand=instanceView&api-version=${COMPUTE_VERSION}`;
  const first = await arm.send({ method: 'GET', url });
  const model = first.status === 200 ? modelOfVm(first.body) : null;
  if (model === null) {
    yield finding('May the VM be read?', `no: ${said(first)}`);
    return null;
  }
  const vm = virtualMachineOf(model, { domains: null, assignments: [], sharedIs: 'skipped' });
  const { control } = vm;
  yield finding(
    'In whose hands is it, maintenance assignments aside?',
    control === undefined || control.kind === 'inCharge'
      ? 'Lowtide is in charge'
      : `${control.kind}: ${control.because}`,
    'LOWTIDE_AZURE_SHARED',
  );
  const viewOf = (answer: ArmAnswer): ReturnType<typeof instanceViewOf> =>
    instanceViewOf(member(answer.body, 'properties', 'instanceView'));
  const before = viewOf(first);
  await sleep(90_000);
  const after = viewOf(await arm.send({ method: 'GET', url }));
  yield finding(
    'Does the status of the VM agent carry a fresh time?',
    reportText(before.agentReportedUtc, after.agentReportedUtc, nowUtc()),
    'LOWTIDE_AZURE_HEARTBEAT',
  );
  const health = await arm.send({
    method: 'GET',
    url: `${vmId}/providers/Microsoft.ResourceHealth/availabilityStatuses/current?api-version=2022-10-01`,
  });
  const state = textAt(health.body, 'properties', 'availabilityState');
  yield finding('What does Resource Health say?', state ?? said(health), 'LOWTIDE_AZURE_RESOURCE_HEALTH');
  yield finding(
    'Which limit does a question to Resource Health count against?',
    limitsIn(health),
    'LOWTIDE_AZURE_RESOURCE_HEALTH',
  );
  yield finding(
    'Is an application asked for its health?',
    after.applicationHealth ?? 'no Application Health extension reports',
  );
  return model;
}

/** What the identity may read, of that which is left out in silence where it may not. */
async function* aboutRights({ arm, vmId }: ProbeOptions): AsyncGenerator<Finding> {
  const assigned = await arm.send({
    method: 'GET',
    url: `${vmId}/providers/Microsoft.Maintenance/configurationAssignments?api-version=${ASSIGNMENTS_VERSION}`,
  });
  yield finding(
    'May its maintenance assignments be read?',
    assigned.status === 200
      ? `yes, it has ${listAt(assigned.body, 'value').length}`
      : `no: ${said(assigned)}`,
  );
  const query = { query: QUERIES.subscriptions, options: { $top: 1, resultFormat: 'objectArray' } };
  const graph = await arm.send({
    method: 'POST',
    url: GRAPH_URL,
    body: { subscriptions: [vmId.split('/')[2]], ...query },
  });
  yield finding(
    'Does Resource Graph answer with the permissions that there are?',
    `${graph.status === 200 ? 'yes' : `no: ${said(graph)}`}; ${limitsIn(graph)}`,
  );
}

function reportText(before: string | null, after: string | null, nowUtc: string): string {
  if (after === null) return 'no time at all: set it to ready';
  const age = Math.round((Date.parse(nowUtc) - Date.parse(after)) / 1_000);
  return before === after
    ? `the same time 90 s later, ${age} s old: with reportTime it is stale after 15 minutes`
    : `yes, ${age} s old`;
}

interface Started {
  readonly statusUrl: string;
  readonly startedUtc: string;
}

async function* aboutAssessing({ arm, vmId, nowUtc }: ProbeOptions): AsyncGenerator<Finding, Started | null> {
  const startedUtc = nowUtc();
  const first = await arm.start(vmId, { kind: 'assessPatches' });
  yield finding('Is assessPatches taken in this patch mode and on this image?', said(first));
  const statusUrl = first.headers['azure-asyncoperation'] ?? first.headers['location'];
  if (first.status !== 202 || statusUrl === undefined) return null;
  yield finding(
    'How long does assessPatches ask to wait, and what is left of which limit?',
    waitAndLimits(first, nowUtc()),
  );
  yield finding('How long is the URL of the operation?', `${statusUrl.length} characters`);
  const second = await arm.start(vmId, { kind: 'assessPatches' });
  const isSame = second.headers['azure-asyncoperation'] === statusUrl;
  yield finding(
    'What is answered to a second assessPatches while one runs?',
    `${said(second)}${second.status === 202 ? (isSame ? ', with the same URL' : ', with another URL') : ''}`,
  );
  return { statusUrl, startedUtc };
}

async function* aboutTheEnd(
  { arm, nowUtc, sleep, urlMinutes }: ProbeOptions,
  { statusUrl, startedUtc }: Started,
): AsyncGenerator<Finding> {
  let last = await arm.send({ method: 'GET', url: statusUrl });
  const isOver = (): boolean =>
    /succe|fail|cancel/i.test(textAt(last.body, 'status') ?? '') || last.status >= 400;
  for (let ms = 0; !isOver() && ms < ASSESSMENT_MINUTES_MAX * 60_000; ms += POLL_MS) {
    await sleep(POLL_MS);
    last = await arm.send({ method: 'GET', url: statusUrl });
  }
  const endedUtc = instantAt(last.body, 'endTime') ?? nowUtc();
  const result = assessmentSummary(member(last.body, 'properties', 'output'), { startedUtc, endedUtc });
  const seconds = Math.round((Date.parse(endedUtc) - Date.parse(startedUtc)) / 1_000);
  const status = textAt(last.body, 'status') ?? said(last);
  yield finding(
    'How does the first assessment end, with a second one behind it?',
    `${status} after ${seconds} s; ${result === null ? said(last) : `${result.criticalAndSecurityPatchCount} Critical and Security, ${result.otherPatchCount} others`}`,
  );
  let minutes = 0;
  while (minutes < urlMinutes && last.status === 200) {
    const step = Math.min(urlMinutes - minutes, Math.max(1, minutes));
    await sleep(step * 60_000);
    minutes += step;
    last = await arm.send({ method: 'GET', url: statusUrl });
  }
  yield finding(
    'How long can the result of a finished operation be read?',
    last.status === 200
      ? `still there after ${minutes} minutes`
      : `gone within ${minutes} minutes: ${said(last)}`,
  );
}
