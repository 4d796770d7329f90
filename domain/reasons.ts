import { z } from 'zod';

/** How a VM ends in a rollout: exactly one of these (INV-8). */
export const OutcomeKind = z.enum(['patched', 'upToDate', 'failed', 'unhealthy', 'deferred', 'skipped']);
export type OutcomeKind = z.infer<typeof OutcomeKind>;

/** What may stand in a fact: numbers, ids and short words, never another object. */
export const FactValue = z.union([z.string(), z.number()]);

type FactShape = Readonly<Record<string, z.ZodType<string | number | undefined>>>;

interface ReasonOf<F extends FactShape> {
  readonly kind: OutcomeKind;
  /** The members that come with the reason, and their types. */
  readonly facts: z.ZodObject<F>;
  /** One sentence for people, made from the facts; empty when the reason says it all. */
  readonly sentence: (facts: z.output<z.ZodObject<F>>) => string;
}

function reason<F extends FactShape>(
  kind: OutcomeKind,
  shape: F,
  sentence: ReasonOf<F>['sentence'] | string = '',
): ReasonOf<F> {
  const say = typeof sentence === 'string' ? (): string => sentence : sentence;
  return { kind, facts: z.object(shape), sentence: say };
}

const text = z.string();
const whole = z.number().int();
/** What the platform said when it refused. */
const message = z.string();

/**
 * Every reason there is, the kind of outcome it leads to, and the facts it carries. Programs count `reason` and read `facts`; people read
 * the sentence. Each is explained in docs/reasons.md, with what unblocks it.
 */
export const REASONS = {
  installed: reason(
    'patched',
    { installedPatchCount: whole },
    ({ installedPatchCount }) => `${installedPatchCount} patches were installed.`,
  ),
  nothingToInstall: reason('upToDate', {}),

  assessmentFailed: reason('failed', { message }, (facts) => facts.message),
  installFailed: reason('failed', { message }, (facts) => facts.message),
  patchesFailed: reason(
    'failed',
    { failedPatchCount: whole, installedPatchCount: whole },
    ({ failedPatchCount, installedPatchCount }) =>
      `${failedPatchCount} patches failed, ${installedPatchCount} were installed.`,
  ),
  patchesPending: reason(
    'failed',
    { pendingPatchCount: whole, installedPatchCount: whole },
    ({ pendingPatchCount, installedPatchCount }) =>
      `${pendingPatchCount} patches are pending, ${installedPatchCount} were installed.`,
  ),
  installLost: reason('failed', {}, 'The platform lost the installation; its result is not known.'),
  installRefused: reason('failed', { message }, (facts) => facts.message),
  orchestrationFailed: reason(
    'failed',
    { step: text.exactOptional(), failures: whole.exactOptional(), message: message.exactOptional() },
    ({ step, failures, message: said }) =>
      step === undefined
        ? 'Its orchestration failed; see the log of the host.'
        : `The step ${step} failed ${failures ?? 1} times: ${said ?? 'without a message'}`,
  ),

  unhealthyAfterUpdate: reason('unhealthy', { because: text }, ({ because }) => because),
  unknownTooLong: reason('unhealthy', { because: text }, ({ because }) => because),

  poweredOff: reason(
    'deferred',
    { powerState: text.exactOptional(), message: message.exactOptional() },
    ({ powerState, message: said }) => said ?? `The VM is ${powerState ?? 'off'} in its off-peak hours.`,
  ),
  stoppedDuringSoak: reason('deferred', { because: text }, ({ because }) => because),
  agentSilent: reason(
    'deferred',
    { agentStatus: text.exactOptional(), because: text.exactOptional(), message: message.exactOptional() },
    ({ agentStatus, because, message: said }) =>
      said ??
      (because === undefined
        ? `The VM agent is ${agentStatus ?? 'unknown'}.`
        : `Its health is unknown: ${because}.`),
  ),
  agentOutdated: reason('deferred', { message }, (facts) => facts.message),
  windowMissed: reason(
    'deferred',
    { opensUtc: text.exactOptional(), minutesLeft: whole.exactOptional(), minutesMin: whole.exactOptional() },
    ({ opensUtc, minutesLeft, minutesMin }) => {
      if (opensUtc !== undefined) return `Its off-peak hours begin at ${opensUtc}.`;
      if (minutesLeft === undefined) return '';
      return `Too little of its off-peak hours is left for an installation: ${minutesLeft} minutes of at least ${minutesMin ?? 1}.`;
    },
  ),
  waitingForSet: reason('deferred', {}),
  hookRefused: reason(
    'deferred',
    { hook: text, why: text },
    ({ hook, why }) => `The hook ${hook} did not say yes: ${why}`,
  ),
  budgetUsedUp: reason('deferred', { budget: text, down: text.exactOptional() }, ({ budget, down = '' }) =>
    down === ''
      ? `As many VMs as the budget ${budget} allows were down until it was too late for one more.`
      : `The budget ${budget} has no room for one more: of its VMs ${down} are down by themselves.`,
  ),
  placeChanged: reason(
    'deferred',
    { planned: text, found: text },
    ({ planned, found }) => `It is in ${found} now; its round has the right to disrupt ${planned}.`,
  ),
  evidenceLimit: reason(
    'deferred',
    { attemptMax: whole.exactOptional(), family: text.exactOptional() },
    ({ attemptMax, family }) =>
      family === undefined
        ? `The phase before proved nothing, so this one attempts only a few VMs: ${attemptMax ?? 0} at most.`
        : `Too few VMs of ${family} have been patched and stayed healthy for one more to be tried in this window.`,
  ),
  takenOver: reason(
    'deferred',
    {},
    'Another host took the rollout over; this round may no longer start anything.',
  ),
  joinedLate: reason(
    'deferred',
    {},
    'It was found after the month was planned, and takes its turn with the second chances.',
  ),
  moved: reason(
    'deferred',
    { from: text },
    ({ from }) => `It was moved since the month was planned, from ${from}; its turn is to come.`,
  ),
  frozen: reason(
    'deferred',
    { freeze: text, untilUtc: text, owner: text, why: text },
    ({ freeze, untilUtc, owner, why }) =>
      `The freeze ${freeze} of ${owner} is in force until ${untilUtc}: ${why}${why.endsWith('.') ? '' : '.'}`,
  ),
  excludedForNow: reason(
    'deferred',
    { exclusion: text, untilUtc: text, owner: text, why: text },
    ({ exclusion, untilUtc, owner, why }) =>
      `The exclusion ${exclusion} of ${owner} ends at ${untilUtc}: ${why}${why.endsWith('.') ? '' : '.'}`,
  ),
  rolloutHalted: reason('deferred', { why: text }, ({ why }) => why),
  approvalPending: reason('deferred', { why: text }, ({ why }) => why),
  rolloutPaused: reason('deferred', { why: text }, ({ why }) => why),
  installInFlight: reason('deferred', {}, 'Another installation is running on the VM.'),

  unhealthyBefore: reason('skipped', { because: text }, ({ because }) => `Before its update ${because}.`),
  superseded: reason('skipped', {}),
  deadlinePassed: reason('skipped', {}),
  operatorSkipped: reason('skipped', {}),
  rolloutCancelled: reason('skipped', {}),
  vmDeleted: reason(
    'skipped',
    { message: message.exactOptional() },
    (facts) => facts.message ?? 'The VM no longer exists.',
  ),
  placeInvalid: reason('skipped', { place: text }, ({ place }) => `its ${place} cannot be understood`),
  excluded: reason('skipped', { tag: text }, ({ tag }) => `its tag ${tag} is true`),
  notInCharge: reason(
    'skipped',
    { found: text.exactOptional() },
    ({ found }) =>
      found ?? 'a schedule of its owner patches it (bypassPlatformSafetyChecksOnUserSchedule is true)',
  ),
  patchModeNotPlatform: reason(
    'skipped',
    { patchMode: text },
    ({ patchMode }) => `its patch mode is ${patchMode}, not AutomaticByPlatform`,
  ),
  patchModeMissing: reason('skipped', { patchMode: text.exactOptional() }, ({ patchMode }) =>
    patchMode === undefined ? 'no patch mode is set' : `no patch mode is set, so it is ${patchMode}`,
  ),
  patchModeUnknown: reason(
    'skipped',
    { patchMode: text, osType: text },
    ({ patchMode, osType }) => `patch mode «${patchMode}» is not one of ${osType}`,
  ),
  unsupportedImage: reason(
    'skipped',
    { image: text.exactOptional(), setting: text.exactOptional() },
    ({ image, setting }) => {
      if (image === undefined) return 'its image is not known';
      return `image ${image} is not supported${setting === undefined ? '' : `; ${setting} takes it in`}`;
    },
  ),
  customImage: reason(
    'skipped',
    { setting: text.exactOptional() },
    ({ setting }) =>
      `custom images are not supported${setting === undefined ? '' : `; ${setting} takes it in`}`,
  ),
  agentNotProvisioned: reason('skipped', {}, 'the VM agent is not provisioned (provisionVMAgent is false)'),
  automaticUpdatesOff: reason(
    'skipped',
    {},
    'AutomaticByPlatform on Windows needs enableAutomaticUpdates=true',
  ),
  notEnabled: reason(
    'skipped',
    { message: message.exactOptional() },
    (facts) => facts.message ?? 'enablement is not complete: the patch extension is not in place',
  ),
  unknownRegion: reason(
    'skipped',
    { region: text },
    ({ region }) =>
      `region ${region} is not known, nor its pair and time zone (setting LOWTIDE_EXTRA_REGIONS)`,
  ),
  osTypeUnknown: reason('skipped', {}, 'the operating system is not known'),
} as const;

type Reasons = typeof REASONS;

/** Why, as a short camelCase word from a closed list. */
export const OutcomeReason = z.enum(Object.keys(REASONS) as [keyof Reasons, ...(keyof Reasons)[]]);
export type OutcomeReason = z.infer<typeof OutcomeReason>;

/** The facts that a reason carries, as typed members. */
export type FactsOf<R extends OutcomeReason> = z.input<Reasons[R]['facts']>;

/** A reason with its facts and the sentence they make. */
export interface Because {
  readonly kind: OutcomeKind;
  readonly reason: OutcomeReason;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly detail: string;
}

/** No facts are given for a reason that has none. */
type FactsArgument<R extends OutcomeReason> =
  Readonly<Record<string, never>> extends FactsOf<R> ? [facts?: FactsOf<R>] : [facts: FactsOf<R>];

/** Made once: a plan of a large fleet has hundreds of thousands of reasons. */
const Facts = z.record(z.string(), FactValue);

/** The same reasons repeat through a fleet; those with long facts, or beyond so many, are made each time. */
const MADE_MAX = 2_000;
const KEY_MAX = 400;
const made = new Map<string, Because>();

/** The one place in which a reason gets its kind and its sentence. */
export function because<R extends OutcomeReason>(name: R, ...[given]: FactsArgument<R>): Because {
  const key = given === undefined ? name : `${name} ${JSON.stringify(given)}`;
  const before = made.get(key);
  if (before !== undefined) return before;
  const { kind, facts: shape, sentence } = REASONS[name] as unknown as ReasonOf<FactShape>;
  const facts = Facts.parse(shape.parse(given ?? {}));
  const said: Because = { kind, reason: name, facts, detail: sentence(facts) };
  if (made.size >= MADE_MAX) made.clear();
  if (key.length <= KEY_MAX) made.set(key, said);
  return said;
}
