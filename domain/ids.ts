import { z } from 'zod';
import { remembered } from './remembered';
import { sha256Hex } from './sha256';

/** Azure resource id of a virtual machine, lower-cased: ids match without regard to case. */
export const VmId = z
  .string()
  .regex(
    /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.compute\/virtualmachines\/[^/]+$/i,
    'a VM is named by its ARM id: /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/…',
  )
  .toLowerCase()
  .brand<'VmId'>();
export type VmId = z.infer<typeof VmId>;

/** The VmId of a text that is known to be an ARM id of a VM: without the look at its form. */
export const vmIdOf = (armId: string): VmId => armId.toLowerCase() as VmId;

const SCALE_SET = /\/providers\/microsoft\.compute\/virtualmachinescalesets\/[^/]+$/i;

/**
 * Azure resource id, lower-cased, of an availability set, or of a scale set with flexible orchestration. To Lowtide that is an availability
 * set whose update domains are its fault domains: Azure updates one fault domain of it at a time, and at most 20 % of its instances.
 * Source: learn.microsoft.com/azure/virtual-machines/automatic-vm-guest-patching, availability-first updates.
 */
export const AvailabilitySetId = z
  .string()
  .regex(
    /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.compute\/(?:availabilitysets|virtualmachinescalesets)\/[^/]+$/i,
    'an availability set is named by its ARM id: /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/availabilitySets/…',
  )
  .toLowerCase()
  .brand<'AvailabilitySetId'>();
export type AvailabilitySetId = z.infer<typeof AvailabilitySetId>;

export function isScaleSet(id: AvailabilitySetId): boolean {
  return SCALE_SET.test(id);
}

/** `2026-11`: the month of a release. */
export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month is written YYYY-MM')
  .brand<'Month'>();
export type Month = z.infer<typeof Month>;

/** `rollout-2026-11`; an emergency rollout of that month `rollout-2026-11-e1`. */
export const RolloutId = z
  .string()
  .regex(/^rollout-\d{4}-(0[1-9]|1[0-2])(-e[1-9]\d?)?$/)
  .brand<'RolloutId'>();
export type RolloutId = z.infer<typeof RolloutId>;

export function rolloutIdOf(month: Month): RolloutId {
  return RolloutId.parse(`rollout-${month}`);
}

/** From 1 to 99. */
export function emergencyIdOf(month: Month, number: number): RolloutId {
  return RolloutId.parse(`rollout-${month}-e${number}`);
}

export const isEmergencyId = (id: string): boolean => /-e\d+$/.test(id);

/** An instant, ISO 8601 in UTC with milliseconds: `2026-11-10T18:00:00.000Z`. Sorts as text. */
export const Utc = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Instance and partition names may not grow without bound: Durable Functions allows 100 characters in practice. */
const INSTANCE_ID_MAX = 100;
const READABLE_MAX = 20;
/** 96 bits: a fleet’s ids do not meet by chance, and two that do cannot be constructed. */
const HASH_DIGITS = 24;

const digest = (text: string): string => sha256Hex(text, HASH_DIGITS);

/** The ids of a fleet are asked for again and again. */
const KEYS_REMEMBERED_MAX = 250_000;

/** The last part of an ARM id: what people call the resource. */
export const resourceName = (armId: string): string => armId.slice(armId.lastIndexOf('/') + 1);

/** `<readable 20>-<hash 24>` of an ARM id, by its lower-cased text: readable, unique, safe in table keys and instance ids. */
export const keyOf: (armId: string) => string = remembered(makeKey, KEYS_REMEMBERED_MAX);

function makeKey(armId: string): string {
  const lower = armId.toLowerCase();
  const name = lower.lastIndexOf('/') + 1;
  const readable = lower.slice(name, name + READABLE_MAX).replace(/[^a-z0-9-]/g, '-');
  return `${readable}-${digest(lower)}`;
}

/**
 * The id of an orchestration instance from its parent's id and its own name. The one place that makes instance ids: one that
 * would be too long keeps its head and ends in a hash of the whole.
 */
export function childId(parentId: string, name: string): string {
  const id = `${parentId}:${name}`;
  if (id.length <= INSTANCE_ID_MAX) return id;
  return `${id.slice(0, INSTANCE_ID_MAX - HASH_DIGITS - 1)}~${digest(id)}`;
}
