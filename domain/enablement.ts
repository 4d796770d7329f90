import { z } from 'zod';
import { Utc } from './ids';
import { addSeconds, earlier, secondsBetween } from './instants';
import type { Policy } from './policy';
import { pauseAfter, passesByItself, type RefusalCode } from './refusals';
import type { AssessmentAnswer } from './vmUpdate';

/**
 * The enablement of one VM, or the update of its patch extension, in its off-peak hours: install the extension, which turns the guest's own automatic updates
 * off, then assess. If the window ends first it goes on in the next one, from where it was. The state is the step that comes next and
 * the instant it is due. Pure: the activity `advanceEnablements` does the steps.
 */
const Next = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('look'), dueUtc: Utc }),
  /** `enabled`: it was before; the extension is only behind. */
  z.object({ kind: z.literal('startExtension'), dueUtc: Utc, endsUtc: Utc, enabled: z.boolean() }),
  z.object({
    kind: z.literal('readExtension'),
    dueUtc: Utc,
    endsUtc: Utc,
    enabled: z.boolean(),
    operationId: z.string(),
  }),
  /** `detail`: what became of the guest's own updates. */
  z.object({ kind: z.literal('startAssessment'), dueUtc: Utc, endsUtc: Utc, detail: z.string() }),
  z.object({
    kind: z.literal('readAssessment'),
    dueUtc: Utc,
    endsUtc: Utc,
    detail: z.string(),
    operationId: z.string(),
  }),
]);
type Next = Readonly<z.infer<typeof Next>>;
type NextOf<K extends Next['kind']> = Extract<Next, { kind: K }>;

export const Enablement = z.object({
  next: Next,
  /** What was said last of what it waits for. */
  reported: z.string(),
  /** Tries in vain since it last got further. */
  tries: z.number().int(),
});
export type Enablement = Readonly<z.infer<typeof Enablement>>;

export const firstEnablement = (dueUtc: string): Enablement => ({
  next: { kind: 'look', dueUtc },
  reported: '',
  tries: 0,
});

/** Where a VM stands, and when it may be worked on. */
export type Standing =
  | { readonly kind: 'stop'; readonly why: string }
  /** The extension is there; `detail` says what became of the guest's own updates. */
  | { readonly kind: 'ready'; readonly detail: string; readonly opensUtc: string }
  | {
      readonly kind: 'window';
      readonly opensUtc: string;
      readonly closesUtc: string;
      /** It was enabled before: the extension is only behind. */
      readonly enabled: boolean;
      /** What the VM lacks. */
      readonly obstacle?: string;
    };

export type ExtensionAnswer =
  { readonly kind: 'running' | 'installed' } | { readonly kind: 'failed'; readonly message: string };

export type StartAnswer =
  | { readonly kind: 'started'; readonly operationId: string; readonly retryAfterSeconds: number | null }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly message: string;
      readonly retryAfterSeconds: number | null;
    };

/** The state after a step, or how it ended; and what is signalled to the VM's entity. */
export type Advanced = (
  | { readonly kind: 'open'; readonly enablement: Enablement }
  | { readonly kind: 'ended'; readonly enabled: boolean; readonly detail: string }
) & { readonly signal?: { readonly state: 'pending' | 'ready'; readonly detail: string } };

export interface Moment {
  readonly nowUtc: string;
  /** When the work on it, and on what is enabled with it, began: reads come at polls since then, those of many VMs together. */
  readonly begunUtc: string;
  /** Gives up at this instant. */
  readonly endsUtc: string;
  readonly pace: Pick<
    Policy,
    | 'assessmentPollSeconds'
    | 'assessmentTimeoutSeconds'
    | 'enablementRetryFirstSeconds'
    | 'enablementRetryLastSeconds'
  >;
}

/** The owner may give the VM another time zone or mode meanwhile: no wait is longer than this. */
const LOOK_EVERY_SECONDS = 4 * 3600;

/** An extension takes between some minutes and hours, and nothing waits for it: so many polls of an assessment from one look to the next. */
const EXTENSION_POLLS = 4;

/** Nearly every assessment has ended after so many of its polls. */
const ASSESSMENT_POLLS = 2;

/** A pace of 0 s must not spin. */
const POLL_SECONDS_MIN = 5;

export function afterLook(before: Enablement, standing: Standing, moment: Moment): Advanced {
  const { nowUtc, endsUtc } = moment;
  if (standing.kind === 'stop') return { kind: 'ended', enabled: false, detail: standing.why };
  const { opensUtc } = standing;
  const isEnabled = standing.kind === 'window' && standing.enabled;
  if (nowUtc >= endsUtc || (standing.kind === 'window' && opensUtc > endsUtc))
    return ended(reported(before, isEnabled, TIME_IS_UP));
  const obstacle = standing.kind === 'window' ? standing.obstacle : undefined;
  if (nowUtc < opensUtc) {
    const dueUtc = earlier(opensUtc, addSeconds(nowUtc, LOOK_EVERY_SECONDS));
    return lookAt(before, dueUtc, reported(before, isEnabled, obstacle ?? 'Waiting for off-peak hours.'));
  }
  if (standing.kind === 'ready') {
    const until = addSeconds(nowUtc, moment.pace.assessmentTimeoutSeconds);
    const { detail } = standing;
    return open(before, { kind: 'startAssessment', dueUtc: nowUtc, endsUtc: until, detail });
  }
  const { closesUtc, enabled } = standing;
  if (obstacle === undefined)
    return open(before, { kind: 'startExtension', dueUtc: nowUtc, endsUtc: closesUtc, enabled });
  return again(before, moment, { endsUtc: closesUtc, signal: reported(before, isEnabled, obstacle) });
}

const TIME_IS_UP = 'Time was up before enablement could be completed. Put the VM again to go on.';

export function afterExtensionStart(
  before: Enablement,
  { endsUtc, enabled }: NextOf<'startExtension'>,
  answer: StartAnswer,
  moment: Moment,
): Advanced {
  if (answer.kind === 'refused') {
    const signal = reported(before, enabled, answer.message);
    if (!passesByItself(answer.code)) return again(before, moment, { endsUtc, signal });
    return lookAt(before, earlier(endsUtc, addSeconds(moment.nowUtc, pauseAfter(answer))), signal);
  }
  const dueUtc = earlier(endsUtc, atPoll(moment, EXTENSION_POLLS));
  const { operationId } = answer;
  return open(
    before,
    { kind: 'readExtension', dueUtc, endsUtc, enabled, operationId },
    reported(before, enabled, 'The patch extension is being installed.'),
  );
}

export function afterExtensionRead(
  before: Enablement,
  next: NextOf<'readExtension'>,
  answer: ExtensionAnswer,
  moment: Moment,
): Advanced {
  const { endsUtc } = next;
  switch (answer.kind) {
    case 'installed':
      return lookAt({ ...before, tries: 0 }, moment.nowUtc);
    case 'failed':
      return again(before, moment, { endsUtc, signal: reported(before, next.enabled, answer.message) });
    case 'running':
      if (moment.nowUtc >= endsUtc) return lookAt(before, moment.nowUtc);
      return open(before, { ...next, dueUtc: earlier(endsUtc, atPoll(moment, EXTENSION_POLLS)) });
  }
}

export function afterAssessmentStart(
  before: Enablement,
  next: NextOf<'startAssessment'>,
  answer: StartAnswer,
  moment: Moment,
): Advanced {
  const { nowUtc } = moment;
  const { endsUtc, detail } = next;
  if (answer.kind === 'started') {
    const dueUtc = atPoll(moment, ASSESSMENT_POLLS, answer.retryAfterSeconds);
    const { operationId } = answer;
    return open(before, { kind: 'readAssessment', dueUtc, endsUtc, detail, operationId });
  }
  if (!passesByItself(answer.code) || nowUtc >= endsUtc) return notAssessed(before, answer.message, moment);
  return open(before, { ...next, dueUtc: atPoll(moment, 1, answer.retryAfterSeconds) });
}

/** The first assessment completes enablement. */
export function afterAssessmentRead(
  before: Enablement,
  next: NextOf<'readAssessment'>,
  answer: AssessmentAnswer,
  moment: Moment,
): Advanced {
  const { detail } = next;
  switch (answer.kind) {
    case 'assessed':
      return { kind: 'ended', enabled: true, detail, signal: { state: 'ready', detail } };
    case 'failed':
      return notAssessed(before, answer.message, moment);
    case 'running':
      if (moment.nowUtc >= next.endsUtc)
        return notAssessed(before, 'The assessment did not end in time.', moment);
      return open(before, { ...next, dueUtc: atPoll(moment, ASSESSMENT_POLLS, answer.retryAfterSeconds) });
  }
}

/** The outcome of a step that throws is not known: it is taken again, until the time for it is over. */
export function afterFailure(before: Enablement, message: string, moment: Moment): Advanced {
  const { next } = before;
  if (moment.nowUtc >= moment.endsUtc) return { kind: 'ended', enabled: false, detail: message };
  if (next.kind === 'look' || moment.nowUtc >= next.endsUtc) return again(before, moment);
  const dueUtc = nextTryUtc(before, moment);
  return open({ ...before, tries: before.tries + 1 }, { ...next, dueUtc });
}

function notAssessed(before: Enablement, message: string, moment: Moment): Advanced {
  const signal = reported(before, false, `The first assessment failed: ${message}`);
  return again(before, moment, { signal });
}

interface Reported {
  readonly reported: string;
  readonly signal?: Advanced['signal'];
}

/** What is being waited for is said once. An enabled VM whose extension is only updated stays enabled. */
function reported(before: Enablement, isEnabled: boolean, detail: string): Reported {
  if (before.reported === detail || isEnabled) return before;
  return { reported: detail, signal: { state: 'pending', detail } };
}

function open(before: Enablement, next: Next, { reported, signal }: Reported = before): Advanced {
  const enablement = { ...before, next, reported };
  return signal === undefined ? { kind: 'open', enablement } : { kind: 'open', enablement, signal };
}

const lookAt = (before: Enablement, dueUtc: string, said?: Reported): Advanced =>
  open(before, { kind: 'look', dueUtc }, said);

function ended({ reported: detail, signal }: Reported): Advanced {
  const end = { kind: 'ended', enabled: false, detail } as const;
  return signal === undefined ? end : { ...end, signal };
}

/** In vain: looks again a while later. */
function again(
  before: Enablement,
  moment: Moment,
  { endsUtc, signal }: { readonly endsUtc?: string; readonly signal?: Reported } = {},
): Advanced {
  const tryUtc = nextTryUtc(before, moment);
  const dueUtc = endsUtc === undefined ? tryUtc : earlier(endsUtc, tryUtc);
  return lookAt({ ...before, tries: before.tries + 1 }, dueUtc, signal ?? before);
}

/**
 * What stands in the way may pass in seconds (the VM is only just starting) or in hours (a person must repair its agent): the next try comes
 * soon after the first, then ever later.
 */
function nextTryUtc({ tries }: Enablement, { nowUtc, pace }: Moment): string {
  const { enablementRetryFirstSeconds: first, enablementRetryLastSeconds: last } = pace;
  return addSeconds(nowUtc, Math.min(last, first * 2 ** Math.min(tries, 20)));
}

/** So many polls from now, or the first after what the platform asks to wait. */
function atPoll(
  { nowUtc, begunUtc, pace }: Moment,
  polls: number,
  waitSeconds: number | null = null,
): string {
  const seconds = Math.max(POLL_SECONDS_MIN, pace.assessmentPollSeconds);
  const since = secondsBetween(begunUtc, nowUtc) / seconds;
  const at = Math.max(Math.floor(since) + polls, Math.ceil(since + (waitSeconds ?? 0) / seconds));
  return addSeconds(begunUtc, at * seconds);
}
