import type { DurableClient } from 'durable-functions';
import type { z } from 'zod';
import { ArmError } from '../armApi/http/armError';
import { VmId } from '../domain/ids';
import type { OperationAnswer, StartAnswer } from '../drivers/driver';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { assessVm, enableVm, installOnDemand } from '../orchestrations/contracts';

/** The request reached the VM, and its answer does not reach the client. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

interface Started {
  readonly name: string;
  readonly operationId: string;
}

/**
 * In the place of the Durable client, where the simulated Azure is served without a host: what an orchestration would do over a while is started
 * on the simulated driver at once, and what it would answer is asked of the driver. So the simulated Azure takes an installation when it is
 * asked, as Azure does, without the ledger of Lowtide in between.
 */
export function directClient(driver: SimulatedDriver): DurableClient {
  const instances = new Map<string, Started>();
  const client: Pick<DurableClient, 'startNew' | 'getStatus' | 'readEntityState' | 'signalEntity'> = {
    async startNew(name, { instanceId = '', input } = {}) {
      const operationId = await start(driver, name, input);
      if (operationId !== null) instances.set(instanceId, { name, operationId });
      return instanceId;
    },
    async getStatus(instanceId) {
      const started = instances.get(instanceId);
      const answer = started === undefined ? null : await driver.readOperation(started.operationId);
      if (started === undefined || answer === null || answer.kind === 'lost') throw notThere();
      return statusOf(started.name, answer) as never;
    },
    readEntityState: () => Promise.resolve({ entityExists: false } as never),
    signalEntity: () => Promise.resolve(),
  };
  return client as unknown as DurableClient;
}

async function start(driver: SimulatedDriver, name: string, input: unknown): Promise<string | null> {
  switch (name) {
    case assessVm.name: {
      const { vmId, activityId } = assessVm.input.parse(input);
      return startedOr(driver.startAssessment(vmId, activityId));
    }
    case enableVm.name:
      await driver.startExtensionInstallation(enableVm.input.parse(input).vmId);
      return null;
    case installOnDemand.name: {
      const { vmId, order } = installOnDemand.input.parse(input);
      return startedOr(driver.startInstallation(VmId.parse(vmId), { ...order, rolloutId: null }));
    }
    default:
      throw new Error(`The simulated Azure alone has no orchestration ${name}.`);
  }
}

async function startedOr(answer: Promise<StartAnswer>): Promise<string> {
  let got: StartAnswer;
  try {
    got = await answer;
  } catch (cause) {
    throw new AnswerLost('The connection was lost before the answer came.', { cause });
  }
  if (got.kind === 'started') return got.operationId;
  throw armErrorOf(got);
}

function armErrorOf({
  code,
  message,
  retryAfterSeconds,
}: Extract<StartAnswer, { kind: 'refused' }>): ArmError {
  const seconds = retryAfterSeconds ?? undefined;
  if (code === 'throttled')
    return new ArmError(429, 'OperationNotAllowed', message, undefined, seconds, [
      { code: 'TooManyRequests', target: 'VMGuestPatchOperationResource', message },
    ]);
  if (code === 'notFound') return new ArmError(404, 'NotFound', message);
  if (code === 'notAllowed') return new ArmError(400, 'InvalidParameter', message);
  return new ArmError(
    409,
    'OperationNotAllowed',
    message,
    undefined,
    code === 'conflict' ? seconds : undefined,
  );
}

interface Status {
  readonly runtimeStatus: 'Running' | 'Completed';
  readonly lastUpdatedTime: string;
  readonly output?: unknown;
}

type Assessed = z.input<typeof assessVm.output>;
type Installed = z.input<typeof installOnDemand.output>;

function statusOf(name: string, answer: Exclude<OperationAnswer, { kind: 'lost' }>): Status {
  const now = new Date(0).toISOString();
  switch (answer.kind) {
    case 'running':
      return { runtimeStatus: 'Running', lastUpdatedTime: now };
    case 'assessed': {
      const { summary } = answer;
      const output: Assessed = { assessed: true, message: '', code: null, summary };
      return { runtimeStatus: 'Completed', lastUpdatedTime: summary.lastModifiedTime, output };
    }
    case 'installed': {
      const { summary } = answer;
      const output: Installed = { summary, health: null, error: null };
      return { runtimeStatus: 'Completed', lastUpdatedTime: summary.lastModifiedTime, output };
    }
    case 'extensionInstalled':
      return { runtimeStatus: 'Completed', lastUpdatedTime: now, output: {} };
    case 'failed': {
      const { error } = answer;
      const assessed: Assessed = { assessed: false, message: error.message, code: error.code, summary: null };
      const installed: Installed = { summary: null, health: null, error };
      const output = name === assessVm.name ? assessed : installed;
      return { runtimeStatus: 'Completed', lastUpdatedTime: now, output };
    }
  }
}

/** As durable-functions says it. */
function notThere(): Error {
  return new Error('DurableClient error: Durable Functions extension replied with HTTP 404 response.');
}
