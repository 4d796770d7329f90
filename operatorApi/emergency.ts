import type { HttpResponseInit } from '@azure/functions';
import { Duration } from 'luxon';
import { z } from 'zod';
import { budgetsDown } from '../activities/budgets/budgetShares';
import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import { type Emergency, emergencyPatchesOf, emergencyPolicy, EmergencyPatches } from '../domain/emergency';
import { emergencyIdOf, RolloutId, type VmId } from '../domain/ids';
import { GIVEN_TEXT_MAX } from '../domain/givenText';
import { addSeconds } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import { monthOfLatestRelease } from '../domain/release';
import { describeSelector, Selector } from '../domain/selector';
import { sha256Hex } from '../domain/sha256';
import { EVERY, monthPreview, previewAnswer, type MonthPreview } from '../planning/monthPreview';
import { lackedAt } from '../store/patches';
import { fleetView, forgetFleetView } from './fleetView';
import { hostVersion } from './hostVersion';
import type { OperatorContext, OperatorRequest } from './route';
import { PreviewShape } from './shapes/preview';
import { named } from './shapes/shared';
import { beginRollout } from './startRollout';

const DURATION = /^P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?)?$/;
const secondsOf = (duration: string): number => Duration.fromISO(duration).as('seconds');

const between = (least: string, most: string): z.ZodString =>
  z
    .string()
    .regex(DURATION, 'it is an ISO 8601 duration, as PT1H')
    .refine(
      (text) =>
        !DURATION.test(text) || (secondsOf(text) >= secondsOf(least) && secondsOf(text) <= secondsOf(most)),
      `it is from ${least} to ${most}`,
    );

const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time is written HH:MM');

export const EmergencyBody = z.strictObject({
  kind: z.literal('emergency'),
  reason: z
    .string()
    .trim()
    .min(1, 'say why: it goes into the audit')
    .max(...GIVEN_TEXT_MAX),
  selector: Selector.default({}),
  patches: EmergencyPatches,
  /** Never none: what breaks a while after its update must be seen before the next phase. */
  bakeAfterCanary: between('PT15M', 'P7D').default('PT1H'),
  bake: between('PT15M', 'P7D').default('PT1H'),
  /** Off-peak hours of its VMs, instead of their own; equal times mean: always. */
  hours: z.strictObject({ opens: LocalTime, closes: LocalTime }).exactOptional(),
  endsAfter: between('P1D', 'P30D').default('P7D'),
  dryRun: z.boolean().default(false),
  /** What the dry run answered. */
  confirm: z.string().exactOptional(),
});
type EmergencyBody = z.output<typeof EmergencyBody>;

export const EmergencyPreviewShape = named(
  'EmergencyPreview',
  PreviewShape.omit({ diff: true, nextLink: true }).extend({
    id: RolloutId,
    /** To be sent with the request that starts it: it starts only what was looked at. */
    confirm: z.string(),
    /** Of the VMs that are planned, how many lack one of its patches by their last assessment; those without one are not known. */
    lacking: z.object({ assessedCount: z.number().int(), lackingCount: z.number().int() }),
    /** Rollouts that run beside it. */
    beside: z.array(RolloutId),
  }),
  'What an emergency rollout would be, if it were started and approved now.',
);

/** With `dryRun` its dates; without it the start, of exactly what a dry run has shown. */
export async function answerEmergency(
  request: OperatorRequest,
  { services, client }: OperatorContext,
  raw: unknown,
): Promise<HttpResponseInit> {
  const body = EmergencyBody.parse(raw);
  const nowUtc = services.nowUtc();
  const rollouts = await services.rollouts.list();
  const control = controlOf(body, rollouts, { nowUtc, by: request.by, hub: client.taskHubName });
  const made = await previewOfEmergency(services, control);
  const confirm = confirmationOf(body, made.preview);
  if (body.dryRun) {
    const open = rollouts.filter(({ endedUtc }) => endedUtc === null);
    const answer = previewAnswer(made.preview, EVERY, 0);
    const jsonBody = {
      ...answer.body,
      asOfUtc: made.asOfUtc,
      id: control.rolloutId,
      confirm,
      lacking: await lackingOf(services, control.emergency.patches, made.preview, nowUtc),
      beside: open.map(({ rolloutId }) => rolloutId),
    };
    return { jsonBody };
  }
  refuseUnseen(body, confirm, made.preview);
  refuseTwice(control.emergency, rollouts);
  const { rolloutId, releasedUtc, endsUtc, emergency } = control;
  const { created } = await beginRollout(services, client, control, {
    known: false,
    why: emergency.reason,
    evidence: { releasedUtc, endsUtc, emergency },
  });
  if (!created) throw isThere(rolloutId);
  forgetFleetView(services);
  return { status: 202, headers: { location: `/api/rollouts/${rolloutId}` }, jsonBody: { id: rolloutId } };
}

type EmergencyControl = RolloutControl & { readonly emergency: Emergency };

function controlOf(
  body: EmergencyBody,
  rollouts: readonly RolloutControl[],
  { nowUtc, by, hub }: { readonly nowUtc: string; readonly by: string; readonly hub: string },
): EmergencyControl {
  const month = monthOfLatestRelease(nowUtc);
  const before = rollouts.filter((one) => one.month === month && one.emergency !== undefined).length;
  const rolloutId = emergencyIdOf(month, before + 1);
  const { reason, selector, patches, hours } = body;
  return {
    rolloutId,
    month,
    releasedUtc: nowUtc,
    endsUtc: addSeconds(nowUtc, secondsOf(body.endsAfter)),
    endsBecause: 'deadlinePassed',
    mode: 'running',
    generation: 1,
    requestedUtc: nowUtc,
    requestedBy: by,
    plannedUtc: null,
    endedUtc: null,
    vmCount: null,
    seed: rolloutId,
    version: hostVersion(),
    hub,
    hasHalts: false,
    epoch: 1,
    emergency: {
      reason,
      selector,
      patches,
      bakeAfterCanarySeconds: secondsOf(body.bakeAfterCanary),
      bakeSeconds: secondsOf(body.bake),
      hours: hours ?? null,
    },
  };
}

async function previewOfEmergency(
  services: Services,
  control: EmergencyControl,
): Promise<{ readonly preview: MonthPreview; readonly asOfUtc: string }> {
  const { month, rolloutId, releasedUtc, endsUtc, emergency } = control;
  const { vms, asOfUtc } = await fleetView(services);
  const preview = monthPreview({
    vms: vms.map(({ vm }) => vm),
    month,
    policy: emergencyPolicy(services.policy, { emergency, releasedUtc, endsUtc }),
    freezes: await services.freezes.list(),
    nowUtc: releasedUtc,
    budgetsDown: await budgetsDown(services),
    emergency: { rolloutId, releasedUtc, endsUtc, selector: emergency.selector },
  });
  return { preview, asOfUtc };
}

/** Of the request and the VMs that it means, not of the minute in which it was asked. */
function confirmationOf(body: EmergencyBody, { plan, rows }: MonthPreview): string {
  const { dryRun: _dryRun, confirm: _confirm, ...asked } = body;
  const vmIds = rows.map(({ vmId }) => vmId).sort();
  return sha256Hex(JSON.stringify([plan.rolloutId, asked, vmIds]), CONFIRM_DIGITS);
}

const CONFIRM_DIGITS = 16;
const PAGE = 500;

async function lackingOf(
  { patches }: Services,
  wanted: EmergencyPatches,
  { rows }: MonthPreview,
  nowUtc: string,
): Promise<{ readonly assessedCount: number; readonly lackingCount: number }> {
  const planned = new Set<VmId>(rows.map(({ vmId }) => vmId));
  let [assessedCount, lackingCount] = [0, 0];
  for (let after: string | null = ''; after !== null;) {
    const { value, next }: Awaited<ReturnType<typeof patches.page>> = await patches.page(after, PAGE);
    for (const vm of value) {
      if (!planned.has(vm.vmId)) continue;
      const found = await lackedAt(patches, vm, nowUtc);
      if (found === null) continue;
      assessedCount += 1;
      if (emergencyPatchesOf(wanted, found.lacked).length > 0) lackingCount += 1;
    }
    after = next;
  }
  return { assessedCount, lackingCount };
}

function refuseUnseen({ confirm, selector }: EmergencyBody, expected: string, { plan }: MonthPreview): void {
  if (plan.vmCount === 0)
    throw new LowtideError('REQUEST_INVALID', {
      what: 'The emergency rollout has no VM.',
      why: `No VM that takes part matches «${describeSelector(selector)}».`,
      fix: 'Select other VMs; GET /api/fleet lists them.',
    });
  if (confirm === expected) return;
  throw new LowtideError('REQUEST_INVALID', {
    what: 'The emergency rollout was not started: its dates were not confirmed.',
    why:
      confirm === undefined
        ? 'There is no `confirm`.'
        : '`confirm` is of another request, or its VMs have changed since.',
    fix: 'Send it with `dryRun: true`, look at the dates, and send its `confirm` with the same request.',
  });
}

function refuseTwice(asked: Emergency, rollouts: readonly RolloutControl[]): void {
  const same = ({ emergency }: RolloutControl): boolean =>
    emergency !== undefined &&
    JSON.stringify([emergency.selector, emergency.patches]) ===
      JSON.stringify([asked.selector, asked.patches]);
  const open = rollouts.find((one) => one.endedUtc === null && one.mode !== 'cancelled' && same(one));
  if (open !== undefined) throw isThere(open.rolloutId);
}

function isThere(rolloutId: RolloutId): LowtideError {
  return new LowtideError('ROLLOUT_EXISTS', {
    what: `${rolloutId} exists already.`,
    why: 'It installs the same patches on the same VMs, or was started at the same moment.',
    fix: `See GET /api/rollouts/${rolloutId}.`,
  });
}
