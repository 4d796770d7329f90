import { afterFailure, firstEnablement, type Advanced, type Enablement } from '../domain/enablement';
import type { VmId } from '../domain/ids';
import { earlier } from '../domain/instants';
import { messageOf } from '../domain/messageOf';
import type { EnablementAnswer, EnablementBatch } from '../store/enablements';
import * as contracts from './contracts';
import { enablementStep } from './fleet/enablementSteps';
import { activity, type Services } from './services';
import { isTimeUp, sideBySide } from './sideBySide';
import { turnFor } from './slices';

/** An answer stays under 16 KB: with so many characters of events, the VMs that are left wait for the next call, which is at once. */
const EVENTS_LENGTH_MAX = 5_000;

/** Steps of one VM in one call: from the extension to the running assessment it takes three. */
const STEPS_MAX = 6;

/** What was done is written with the batch, by its ETag: of two workers with the same call one writes, and both answer that. */
export const advanceEnablements = activity(
  contracts.advanceEnablements,
  async (services, { batch: key, call, begins }): Promise<EnablementAnswer> => {
    const { enablements } = services;
    const found = await enablements.readBatch(key);
    const before = found?.batch ?? (begins && begun(services.nowUtc(), begins));
    if (before === undefined) return GONE;
    if (before.call >= call) return before.answer;
    const advanced = { ...(await new Work(services, before).advance()), call };
    if (await enablements.writeBatch(key, advanced, found?.etag ?? null)) return advanced.answer;
    const other = await enablements.readBatch(key);
    if (other !== null && other.batch.call < call)
      throw new Error(`The enablements of ${key} were changed by another call; this one is repeated.`);
    return other?.batch.answer ?? GONE;
  },
);

/** It was purged, long after it ended. */
const GONE: EnablementAnswer = { dueUtc: null, enabled: 0, detail: '', events: [] };

function begun(
  nowUtc: string,
  { vmId, endsUtc }: { readonly vmId: VmId; readonly endsUtc: string },
): EnablementBatch {
  return newBatch(nowUtc, endsUtc, [vmId]);
}

/** VMs of which nothing has been done. */
export function newBatch(begunUtc: string, endsUtc: string, vmIds: readonly VmId[]): EnablementBatch {
  return {
    call: 0,
    answer: { dueUtc: begunUtc, enabled: 0, detail: '', events: [] },
    begunUtc,
    endsUtc,
    vms: vmIds.map((vmId) => ({ vmId, enablement: firstEnablement(begunUtc) })),
  };
}

/** One call's work on a batch. Before it is written, each of its steps may be repeated. */
class Work {
  readonly #services: Services;
  readonly #batch: EnablementBatch;
  readonly #startedUtc: string;
  readonly #events: EnablementAnswer['events'] = [];
  #eventsLength = 0;

  constructor(services: Services, batch: EnablementBatch) {
    this.#services = services;
    this.#batch = batch;
    this.#startedUtc = services.nowUtc();
  }

  async advance(): Promise<Omit<EnablementBatch, 'call'>> {
    const { answer: before, begunUtc, endsUtc, vms } = this.#batch;
    await turnFor(vms.length);
    const results = await sideBySide(vms, async ({ vmId, enablement }) => ({
      vmId,
      result: await this.#advanceOne(vmId, enablement),
    }));
    const open = results.flatMap(({ vmId, result }) =>
      result.kind === 'open' ? [{ vmId, enablement: result.enablement }] : [],
    );
    const ended = results.flatMap(({ result }) => (result.kind === 'ended' ? [result] : []));
    const answer = {
      dueUtc: open.length === 0 ? null : open.map(({ enablement }) => enablement.next.dueUtc).reduce(earlier),
      enabled: before.enabled + ended.filter(({ enabled }) => enabled).length,
      detail: ended.at(-1)?.detail ?? before.detail,
      events: this.#events,
    };
    return { answer, begunUtc, endsUtc, vms: open };
  }

  /** Every step that is due. One whose step throws is tried again, and holds up no other. */
  async #advanceOne(vmId: VmId, before: Enablement): Promise<Advanced> {
    const { begunUtc, endsUtc } = this.#batch;
    const { nowUtc, policy: pace } = this.#services;
    let advanced: Advanced = { kind: 'open', enablement: before };
    for (let steps = 0; steps < STEPS_MAX && advanced.kind === 'open'; steps += 1) {
      const { enablement }: { enablement: Enablement } = advanced;
      const moment = { nowUtc: nowUtc(), begunUtc, endsUtc, pace };
      if (enablement.next.dueUtc > moment.nowUtc || this.#isFull()) break;
      advanced = await enablementStep(this.#services, vmId, enablement, moment).catch((error: unknown) =>
        afterFailure(enablement, messageOf(error), moment),
      );
      if (advanced.signal !== undefined) this.#signal(vmId, advanced.signal, moment.nowUtc);
    }
    return advanced;
  }

  #signal(vmId: VmId, { state, detail }: NonNullable<Advanced['signal']>, atUtc: string): void {
    this.#events.push({ vmId, event: { kind: 'enablement', state, atUtc, detail } });
    this.#eventsLength += vmId.length + detail.length + EVENT_LENGTH;
  }

  #isFull(): boolean {
    return this.#eventsLength >= EVENTS_LENGTH_MAX || isTimeUp(this.#services, this.#startedUtc);
  }
}

/** Of an event without its texts. */
const EVENT_LENGTH = 120;
