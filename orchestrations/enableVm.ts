import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { readEnablement, collectExtension, startExtension } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { keyOf } from '../domain/ids';
import { assess } from './assessment';
import * as children from './contracts';
import { addSeconds, call, continueAs, earlier, nowUtc, signalEntity, waitUntil, type Step } from './durable';

/** The owner may give the VM another time zone or mode meanwhile: no wait is longer than this. */
const LOOK_EVERY_SECONDS = 4 * 3600;

/** Looks of one generation; each costs some history. */
const LOOKS_MAX = 20;

/** An extension takes between some minutes and hours, and nothing waits for it: so many polls of an assessment from one look to the next. */
const EXTENSION_POLLS = 4;

/** Nearly every assessment has ended after so many of its polls. */
const ASSESSMENT_POLLS = 2;

type Input = z.infer<typeof children.enableVm.input>;
type Where = z.infer<typeof readEnablement.output>;
type InWindow = Extract<Where, { kind: 'window' }>;

interface Enabled {
  readonly enabled: boolean;
  readonly detail: string;
}

/**
 * Enables a VM in its off-peak hours: installs (or updates) the patch extension, turns the guest's own automatic updates off,
 * assesses. If the window ends first it resumes in the next one, from where it was.
 */
export function* enableVm(context: OrchestrationContext): Step<Enabled> {
  const input = children.enableVm.input.parse(context.df.getInput());
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const where = yield* call(context, readEnablement, { vmId: input.vmId });
    if (where.kind === 'stop') return { enabled: false, detail: where.why };
    const now = nowUtc(context);
    if (now >= input.endsUtc || (where.kind === 'window' && where.opensUtc > input.endsUtc))
      return giveUp(context, input, where);
    if (where.opensUtc !== undefined && now < where.opensUtc) {
      const obstacle = where.kind === 'window' ? where.obstacle : undefined;
      report(context, input, where, obstacle ?? 'Waiting for off-peak hours.');
      yield* waitUntil(context, earlier(where.opensUtc, addSeconds(now, LOOK_EVERY_SECONDS)));
    } else if (where.kind === 'ready') {
      const done = yield* complete(context, input, where.detail ?? input.reported);
      if (done !== null) return done;
    } else yield* workInWindow(context, input, where);
  }
  continueAs(context, children.enableVm, input);
  return { enabled: false, detail: input.reported };
}

function giveUp(context: OrchestrationContext, input: Input, where: Where): Enabled {
  report(
    context,
    input,
    where,
    'Time was up before enablement could be completed. Put the VM again to go on.',
  );
  return { enabled: false, detail: input.reported };
}

/** The extension is there; the first assessment completes enablement. */
function* complete(context: OrchestrationContext, input: Input, detail: string): Step<Enabled | null> {
  const { vmId, pace } = input;
  const readSeconds = ASSESSMENT_POLLS * pace.assessmentPollSeconds;
  const assessed = yield* assess(context, vmId, pace, { readSeconds });
  if (assessed.kind === 'assessed') {
    signal(context, input, 'ready', detail);
    return { enabled: true, detail };
  }
  report(context, input, null, `The first assessment failed: ${assessed.message}`);
  yield* waitUntil(context, nextTryUtc(context, input));
  return null;
}

/** Works on the extension until it is there or the window ends. */
function* workInWindow(context: OrchestrationContext, input: Input, where: InWindow): Step<void> {
  const { vmId, pace } = input;
  const { closesUtc, obstacle } = where;
  const soon = (): string => earlier(closesUtc, nextTryUtc(context, input));
  if (obstacle !== undefined) {
    report(context, input, where, obstacle);
    yield* waitUntil(context, soon());
    return;
  }
  const start = yield* call(context, startExtension, { vmId, closesUtc });
  if (start.kind === 'refused') {
    report(context, input, where, start.message);
    yield* waitUntil(context, start.retryUtc === undefined ? soon() : earlier(closesUtc, start.retryUtc));
    return;
  }
  report(context, input, where, 'The patch extension is being installed.');
  while (nowUtc(context) < closesUtc) {
    const seconds = pace.assessmentPollSeconds * EXTENSION_POLLS;
    yield* waitUntil(context, earlier(closesUtc, addSeconds(nowUtc(context), seconds)));
    const read = yield* call(context, collectExtension, { vmId, operationId: start.operationId });
    if (read.kind === 'installed') {
      input.tries = 0;
      return;
    }
    if (read.kind === 'failed') {
      report(context, input, where, read.message);
      yield* waitUntil(context, soon());
      return;
    }
  }
}

/**
 * What stands in the way may pass in seconds (the VM is only just starting) or in hours (a person must repair its agent): the next try comes
 * soon after the first, then ever later.
 */
function nextTryUtc(context: OrchestrationContext, input: Input): string {
  const { enablementRetryFirstSeconds, enablementRetryLastSeconds } = input.pace;
  const seconds = Math.min(
    enablementRetryLastSeconds,
    enablementRetryFirstSeconds * 2 ** Math.min(input.tries, 20),
  );
  input.tries += 1;
  return addSeconds(nowUtc(context), seconds);
}

/** Says what is being waited for, once. An enabled VM whose extension is only updated stays enabled. */
function report(context: OrchestrationContext, input: Input, where: Where | null, detail: string): void {
  if (input.reported === detail || (where?.kind === 'window' && where.enabled === true)) return;
  input.reported = detail;
  signal(context, input, 'pending', detail);
}

function signal(
  context: OrchestrationContext,
  { vmId }: Input,
  state: 'pending' | 'ready',
  detail: string,
): void {
  signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
    kind: 'enablement',
    state,
    atUtc: nowUtc(context),
    detail,
  });
}
