import { isAssessed } from '../domain/eligibility';
import { addSeconds, earlier, secondsBetween } from '../domain/instants';
import { messageOf } from '../domain/messageOf';
import { passesByItself } from '../domain/refusals';
import type { OperationAnswer, VmReading } from '../drivers/driver';
import type { AssessmentBatch, BatchAnswer, BatchVm } from '../store/assessments';
import { assessmentOf } from './fleet/assessmentAnswer';
import * as contracts from './contracts';
import { keepAssessed } from './fleet/keepPatches';
import { scheduleAssessed } from './fleet/scheduleAssessed';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';
import { turnFor } from './slices';

/** Nothing waits for these assessments: after so many polls most have ended, and they are read once. */
const POLLS_AT_ONCE = 3;

/** A pace of 0 s must not spin. */
const POLL_SECONDS_MIN = 5;

/** Of a failure in the row of its batch. */
const BECAUSE_LENGTH_MAX = 500;

/** What was done is written with the batch, by its ETag: of two workers with the same call one writes, and both answer that. */
export const advanceAssessments = activity(
  contracts.advanceAssessments,
  async (services, { batch: key, call, nowUtc }): Promise<BatchAnswer> => {
    const { assessments } = services;
    const found = await assessments.readBatch(key);
    if (found === null) return GONE;
    const before = found.batch;
    const advanced =
      before.call >= call ? before : { ...(await new Work(services, before, nowUtc).advance()), call };
    const isOurs = advanced === before || (await assessments.writeBatch(key, advanced, found.etag));
    const { answer } = isOurs ? advanced : ((await assessments.readBatch(key))?.batch ?? { answer: GONE });
    if (answer.dueUtc === null) await assessments.removeBatch(key);
    return answer;
  },
);

/** It ended with a call whose answer was lost, or was purged: its VMs are due again when they were put off to, or later. */
const GONE: BatchAnswer = { dueUtc: null, assessed: 0, failed: 0, because: null };

/** What became of the assessment of a VM, or when it goes on. */
type Result =
  | { readonly kind: 'open'; readonly vm: BatchVm }
  | { readonly kind: 'assessed'; readonly vm: BatchVm; readonly startedUtc: string }
  | { readonly kind: 'failed'; readonly message: string };

const isBehind = (extension: VmReading['extension'] | undefined): boolean =>
  !!extension && extension.version !== extension.latestVersion;

type Assessed = Extract<OperationAnswer, { kind: 'assessed' }>;

/** One call's work on a batch. Before it is written, each of its steps may be repeated. */
class Work {
  readonly #services: Services;
  readonly #batch: AssessmentBatch;
  readonly #nowUtc: string;
  readonly #untilUtc: string;
  readonly #found: { readonly vmId: BatchVm['vmId']; readonly answer: Assessed }[] = [];

  constructor(services: Services, batch: AssessmentBatch, nowUtc: string) {
    this.#services = services;
    this.#batch = batch;
    this.#nowUtc = nowUtc;
    this.#untilUtc = addSeconds(batch.startedUtc, services.policy.assessmentTimeoutSeconds);
  }

  async advance(): Promise<Omit<AssessmentBatch, 'call'>> {
    const { answer: before, startedUtc, more, vms } = this.#batch;
    await turnFor(vms.length);
    const results = await sideBySide(vms, (vm) => this.#step(vm));
    await keepAssessed(this.#services, this.#found);
    const assessed = results.flatMap((one) => (one.kind === 'assessed' ? [one] : []));
    await scheduleAssessed(
      this.#services,
      assessed.map(({ vm: { vmId, timeZone, dueUtc, extensionIsBehind }, startedUtc: since }) => ({
        vmId,
        timeZone,
        dueUtc,
        startedUtc: since,
        extensionIsBehind: extensionIsBehind === true,
      })),
    );
    const open = results.flatMap((one) => (one.kind === 'open' ? [one.vm] : []));
    const failures = results.flatMap((one) => (one.kind === 'failed' ? [one.message] : []));
    const answer: BatchAnswer = {
      dueUtc: open.length === 0 ? null : open.map(({ againUtc }) => againUtc).reduce(earlier),
      assessed: before.assessed + assessed.length,
      failed: before.failed + failures.length,
      because: before.because ?? failures[0]?.slice(0, BECAUSE_LENGTH_MAX) ?? null,
    };
    return { answer, startedUtc, more, moves: [], vms: open };
  }

  /** What is due for one VM. One whose step throws is tried again, and holds up no other. */
  async #step(vm: BatchVm): Promise<Result> {
    if (vm.againUtc > this.#nowUtc) return { kind: 'open', vm };
    try {
      return vm.operationId === null ? await this.#start(vm) : await this.#read(vm, vm.operationId);
    } catch (error) {
      return this.#again(vm, { polls: 1, retryAfterSeconds: null }, messageOf(error));
    }
  }

  /**
   * INV-17: whether a VM takes part may have changed since it was listed, so it is looked at before it is touched. One that does not is due in its next window
   * all the same. Only a listing takes it off the schedule: one answer may be of the moment, and a VM that is off the schedule and listed
   * as before would never be assessed again (INV-16).
   */
  async #start(vm: BatchVm): Promise<Result> {
    const { driver, policy } = this.#services;
    const reading = await driver.readVirtualMachine(vm.vmId);
    if (reading !== null && !isAssessed(reading.vm, policy))
      return { kind: 'failed', message: 'It takes no part, and asks for no assessment.' };
    const answer = await driver.startAssessment(vm.vmId);
    const { retryAfterSeconds } = answer;
    if (answer.kind === 'started') {
      const started = { ...vm, operationId: answer.operationId };
      return this.#readLater(
        isBehind(reading?.extension) ? { ...started, extensionIsBehind: true } : started,
        retryAfterSeconds,
      );
    }
    const { code, message } = answer;
    if (!passesByItself(code)) return { kind: 'failed', message };
    return this.#again(vm, { polls: 1, retryAfterSeconds }, message);
  }

  async #read(vm: BatchVm, operationId: string): Promise<Result> {
    const answer = await this.#services.driver.readOperation(operationId);
    if (answer.kind === 'assessed') this.#found.push({ vmId: vm.vmId, answer });
    const said = assessmentOf(answer);
    switch (said.kind) {
      case 'running':
        return this.#readLater(vm, said.retryAfterSeconds);
      case 'assessed':
        return { kind: 'assessed', vm, startedUtc: said.summary.startTime };
      case 'failed':
        return said;
    }
  }

  #readLater(vm: BatchVm, retryAfterSeconds: number | null): Result {
    return this.#again(
      vm,
      { polls: POLLS_AT_ONCE, retryAfterSeconds },
      'The assessment did not end in time.',
    );
  }

  /** Failed, when the time of the batch is up. Steps are put off to common instants, the polls since it began. */
  #again(
    vm: BatchVm,
    { polls, retryAfterSeconds }: { readonly polls: number; readonly retryAfterSeconds: number | null },
    message: string,
  ): Result {
    if (this.#nowUtc >= this.#untilUtc) return { kind: 'failed', message };
    const { startedUtc } = this.#batch;
    const seconds = Math.max(POLL_SECONDS_MIN, this.#services.policy.assessmentPollSeconds);
    const since = secondsBetween(startedUtc, this.#nowUtc) / seconds;
    const at = Math.max(Math.floor(since) + polls, Math.ceil(since + (retryAfterSeconds ?? 0) / seconds));
    return {
      kind: 'open',
      vm: { ...vm, againUtc: earlier(this.#untilUtc, addSeconds(startedUtc, at * seconds)) },
    };
  }
}
