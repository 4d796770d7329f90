import { z } from 'zod';
import { Halt } from '../../domain/control';
import { Utc } from '../../domain/ids';
import { ClaimKind } from '../../domain/ledger';
import { Counts, named } from './shared';

const whole = z.number().int();

/** From the start of an installation to the outcome after its soak; and such intervals joined where little is between them. */
const Interval = z.tuple([z.string(), z.string()]);

const span = {
  vmCount: whole,
  outcomes: Counts,
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
  worked: z.array(Interval),
  /** When what is left is expected: as planned, or in the next off-peak hours where its turn has passed. Null when nothing is left. */
  forecast: Interval.nullable(),
};

const TimelineGroup = z.object({
  group: z.string(),
  availabilitySetId: z.string().nullable(),
  setSize: whole,
  vmCount: whole,
  outcomes: Counts,
  /** Null for standalone VMs, which have none. */
  updateDomains: z.array(z.object({ updateDomain: whole.nullable(), vmCount: whole, outcomes: Counts })),
});

const TimelineStage = z.object({
  stage: z.string(),
  zone: z.string().nullable(),
  ...span,
  groups: z.array(TimelineGroup),
});

const TimelineRegion = z.object({
  region: z.string(),
  timeZone: z.string(),
  pairs: z.array(z.string()),
  /** The off-peak windows between release and end. */
  offPeak: z.array(Interval),
  ...span,
  stages: z.array(TimelineStage),
});

export const TimelineShape = named(
  'Timeline',
  z.object({ phases: z.array(z.object({ phase: z.string(), regions: z.array(TimelineRegion) })) }),
  'The plan of a rollout and what has happened. Intervals are [start, end] in UTC.',
);
export type Timeline = z.infer<typeof TimelineShape>;

export const HaltsShape = named(
  'Halts',
  z.object({
    value: z.array(
      Halt.extend({
        /** In words. */
        stops: z.string(),
        accusedCount: whole,
        accused: z.array(
          z.object({
            vmId: z.string(),
            name: z.string(),
            kind: z.string(),
            reason: z.string(),
            detail: z.string(),
          }),
        ),
        inCommon: z.array(z.object({ fact: z.string(), value: z.string(), sharedByCount: whole })),
        /** VMs without an outcome in what it stops. */
        waitingCount: whole,
        /** What a skip would give up, in words, and how many VMs without an outcome are in it. */
        skips: z.string(),
        skippedCount: whole,
      }),
    ),
    waitingCount: whole,
    plannedCount: whole,
  }),
  'Each halt with the VMs it is about (at most 50), what all of them have in common, and how many VMs wait in what it stops.',
);
export type Halts = z.infer<typeof HaltsShape>;

export const DisruptionsShape = named(
  'Disruptions',
  z.object({
    value: z.array(
      z.object({
        claimId: z.string(),
        kind: ClaimKind,
        region: z.string(),
        zone: z.string().nullable(),
        availabilitySetId: z.string().nullable(),
        updateDomain: whole.nullable(),
        count: whole,
        /** How many VMs of the availability set may be down at once; null outside of sets. */
        limit: whole.nullable(),
        /** Of standalone VMs: how many of a subscription there, and how many of them may be down at once. */
        subscriptions: z.array(z.object({ count: whole, max: whole })),
        /** The end of its window. */
        expiresUtc: Utc,
        /** Empty when another rollout, or none, has the claim. */
        vms: z.array(
          z.object({
            vmId: z.string(),
            step: z.string(),
            /** When the work that installs it began; null before that. */
            sinceUtc: Utc.nullable(),
          }),
        ),
      }),
    ),
    heldSets: z.array(
      z.object({ vmId: z.string(), availabilitySetId: z.string(), region: z.string(), sinceUtc: Utc }),
    ),
  }),
  'What may be down at this moment, claim by claim, how far each VM has come, and the sets that an unhealthy VM holds.',
);
export type Disruptions = z.infer<typeof DisruptionsShape>;

export const EvidenceShape = named(
  'Evidence',
  z.object({
    /** The value of the test at which the rollout halts for a family. */
    haltsAt: z.number(),
    expectedUnhealthyPercent: z.number(),
    refusedUnhealthyPercent: z.number(),
    families: z.array(
      z.object({
        family: z.string(),
        vmCount: whole,
        startedCount: whole,
        /** How many installations its healthy VMs allow. */
        startedMax: whole,
        healthyCount: whole,
        unhealthyCount: whole,
        failedCount: whole,
        unprovenCount: whole,
        cusum: z.number(),
        cusumMax: z.number(),
        unhealthyVms: z.array(z.string()),
        waiting: z.boolean(),
        /** The test after each result, at most 200 of them, drawn from the outcomes as they stand. */
        curve: z.array(z.object({ atUtc: Utc, value: z.number(), unhealthy: z.boolean() })),
      }),
    ),
  }),
  'What each image family has proven, and how near its sequential test is to a halt.',
);
export type Evidence = z.infer<typeof EvidenceShape>;
