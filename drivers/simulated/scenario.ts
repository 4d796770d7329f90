import { z } from 'zod';
import { imageName } from '../../domain/images';
import { LowtideError } from '../../domain/lowtideError';
import { fitsMask } from '../../domain/mask';
import { regionNameOf } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { messageOf } from '../../domain/messageOf';
import { dayOfRollout } from './calendar';
import { PatchSource } from './patches/patchSource';

/** Which VMs an effect concerns. All that is given must fit; texts match without regard to case, `*` stands for any run of characters. */
const VmSelector = z.strictObject({
  /** `publisher:offer:sku`, or a sku alone. */
  image: z.string().optional(),
  osType: z.enum(['Windows', 'Linux']).optional(),
  region: z.string().optional(),
  /** `1`, `2`, …; null for VMs without a zone. */
  zone: z.string().nullable().optional(),
  subscription: z.string().optional(),
  /** Name of the availability set; null for standalone VMs. */
  availabilitySet: z.string().nullable().optional(),
  namePattern: z.string().optional(),
  patchSource: PatchSource.optional(),
  /** Percent of those VMs, chosen by the seed. */
  share: z.number().min(0).max(100).default(100),
});

export const EffectKind = z.enum([
  'poweredOff',
  'agentLost',
  'unhealthy',
  'vmDeleted',
  'throttled',
  'requestsThrottled',
  'requestsFail',
  'extensionFails',
  'needsUbuntuPro',
  'assessmentFails',
  'installFails',
  'closingAssessmentFails',
  'installHangs',
  'slowInstall',
  'patchFails',
  'rebootHangs',
  'unhealthyAfterUpdate',
  'healthUnknown',
  'healthFlaps',
  'agentSilentAfterUpdate',
  'answerLost',
  'operationLost',
]);
export type EffectKind = z.infer<typeof EffectKind>;

const Effect = z.strictObject({
  who: VmSelector.default({ share: 100 }),
  what: EffectKind,
  /** Days since the monthly release, both included; the day of the release is 0. Absent: always. */
  when: z
    .strictObject({ fromDay: z.number().int().min(0).default(0), toDay: z.number().int().min(0).default(60) })
    .refine(({ fromDay, toDay }) => fromDay <= toDay, 'fromDay is after toDay')
    .optional(),
  /** How long it lasts; absent: for ever, or to the end of `when`. */
  forMinutes: z.number().positive().optional(),
  /** Only for what comes after an update: so long after it. Absent: at once. */
  afterMinutes: z.number().nonnegative().optional(),
  /** Of the patches, calls or installations of such a VM, so many in a hundred. */
  percent: z.number().min(0).max(100).default(100),
  /** Only for slowInstall: how many times slower. */
  factor: z.number().positive().default(4),
  /** Only for requestsThrottled: which of the bodies that Azure answers 429 with. */
  shape: z
    .enum(['compute', 'resource', 'subscription', 'retryable', 'withoutEnvelope', 'plainText'])
    .default('compute'),
  /** Only for requestsFail: which of the answers that are given where Azure itself fails. */
  failure: z
    .enum([
      'empty503',
      'serverTimeout503',
      'html503',
      'badGateway502',
      'gatewayTimeout504',
      'entityNotFound404',
    ])
    .default('empty503'),
});
export type Effect = Readonly<z.infer<typeof Effect>>;

export const Scenario = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  effects: z.array(Effect),
});
export type Scenario = Readonly<z.infer<typeof Scenario>>;

/** Where a scenario is: a path as it is given, a name under fleets/scenarios of the package. */
export function scenarioPath(nameOrPath: string): string {
  return /[\\/]|\.json$/.test(nameOrPath) ? nameOrPath : `fleets/scenarios/${nameOrPath}.json`;
}

/** Reads a scenario file; throws SCENARIO_MALFORMED naming the file and every wrong member. */
export function loadScenario(text: string, file: string): Scenario {
  const parsed = Scenario.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `\n  ${fieldOf(issue)}: ${issue.message}`);
  throw malformed(file, `These members are wrong:${wrong.join('')}`);
}

function fieldOf(issue: z.core.$ZodIssue): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
  return [...issue.path, ...unknown].map(String).join('.') || 'the file';
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw malformed(file, `It is not JSON: ${messageOf(cause)}.`, cause);
  }
}

function malformed(file: string, why: string, cause?: unknown): LowtideError {
  return new LowtideError(
    'SCENARIO_MALFORMED',
    {
      what: `Scenario ${file} is malformed.`,
      why,
      fix: '\nCorrect the members named above; docs/scenarios.md lists all members, fleets/scenarios/ has examples.',
    },
    { cause },
  );
}

/** Does the effect concern a VM like this? Its share and its days are not considered here. */
export function concerns({ who }: Effect, vm: VirtualMachine, source: PatchSource): boolean {
  const set = vm.availabilitySetId?.split('/').at(-1) ?? null;
  return (
    (who.image === undefined || (vm.image !== null && imageFits(who.image, vm.image))) &&
    (who.osType === undefined || who.osType === vm.osType) &&
    (who.region === undefined || regionNameOf(who.region) === vm.region) &&
    (who.zone === undefined || who.zone === vm.zone) &&
    (who.subscription === undefined || who.subscription.toLowerCase() === vm.subscriptionId.toLowerCase()) &&
    (who.availabilitySet === undefined || textFits(who.availabilitySet, set)) &&
    (who.namePattern === undefined || textFits(who.namePattern, vm.name)) &&
    (who.patchSource === undefined || who.patchSource === source)
  );
}

/** Is it one of the effect's days? */
export function isDayOf({ when }: Effect, ms: number): boolean {
  if (when === undefined) return true;
  const day = dayOfRollout(ms);
  return when.fromDay <= day && day <= when.toDay;
}

function imageFits(pattern: string, image: NonNullable<VirtualMachine['image']>): boolean {
  return textFits(pattern, pattern.includes(':') ? imageName(image) : image.sku);
}

function textFits(pattern: string | null, text: string | null): boolean {
  return pattern === null || text === null ? pattern === text : fitsMask(pattern, text);
}
