import { z } from 'zod';
import { HealthAnswer } from '../../domain/health';
import { ImageFamily } from '../../domain/imageFamily';
import { RolloutId, Utc, VmId } from '../../domain/ids';
import { Impaired } from '../../domain/ledger';
import { Outcome } from '../../domain/outcome';
import { ApiError, PatchInstallationSummary } from '../../domain/patches';
import { PhaseId } from '../../domain/phaseId';
import { InstallRequest } from '../../drivers/driver';
import { type ActivityContract } from './shared';

/** The one place that starts an installation, at most once per VM and claim, however often it is called. */
export const startInstall = {
  name: 'startInstall',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string(),
    vmId: VmId,
    claim: z.object({ claimId: z.string(), startByUtc: Utc, epoch: z.number().int().default(1) }),
    /** When this attempt on the VM began: an installation that the platform began since, and that is in no row, is ours. */
    sinceUtc: Utc,
    family: ImageFamily,
  }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), deadlineUtc: Utc, operationId: z.string() }),
    /** The answer to a request is not known, or the platform asks for patience: ask again at this instant. */
    z.object({ kind: z.literal('wait'), untilUtc: Utc }),
    z.object({ kind: z.literal('end'), outcome: Outcome }),
  ]),
} satisfies ActivityContract;

/** What a person asks to have installed: the body of installPatches, understood. `activityId`: of the request that it came with. */
export const InstallOrder = InstallRequest.omit({ rolloutId: true });
export type InstallOrder = Readonly<z.infer<typeof InstallOrder>>;

/** As `startInstall`, for what a person asked for: at any hour, but under a claim, and at most once. */
export const startOrderedInstall = {
  name: 'startOrderedInstall',
  input: z.object({
    region: z.string(),
    vmId: VmId,
    claim: z.object({ claimId: z.string(), startByUtc: Utc }),
    sinceUtc: Utc,
    order: InstallOrder,
    by: z.string(),
  }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), deadlineUtc: Utc }),
    z.object({ kind: z.literal('wait'), untilUtc: Utc }),
    z.object({ kind: z.literal('refused'), error: ApiError }),
  ]),
} satisfies ActivityContract;

/** Reads the installation that `startInstall` started for this claim. */
export const collectInstall = {
  name: 'collectInstall',
  input: z.object({ region: z.string(), vmId: VmId, claimId: z.string(), sinceUtc: Utc }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('ended'), summary: PatchInstallationSummary }),
    z.object({ kind: z.literal('lost') }),
  ]),
} satisfies ActivityContract;

export const probeHealth = {
  name: 'probeHealth',
  input: z.object({ vmId: VmId }),
  /** A VM that is gone answers `stopped`, and `gone`; one that was moved, as it is where it is now. `listed`: the last listing has it. */
  output: z.object({
    answer: HealthAnswer,
    because: z.string(),
    atUtc: Utc,
    gone: z.boolean().default(false),
    listed: z.boolean().default(false),
    movedTo: Impaired.nullable().default(null),
  }),
} satisfies ActivityContract;
