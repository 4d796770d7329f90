/**
 * Azure takes so many patch calls (assessPatches and installPatches together) of a subscription in a region: 200 a minute, and 600 at once
 * after a quiet time. Source: Compute throttling limits, «Guest patch». The planner and the rounds it plans keep to the same numbers.
 */
export const PATCH_CALLS_A_MINUTE = 200;
export const PATCH_CALLS_AT_ONCE = 600;

/** One to assess a VM, one to install its patches. */
export const PATCH_CALLS_A_VM = 2;

/**
 * How long after the others a round has to wait, in seconds, when so many VMs of its subscription begin before it or with it: then no call is
 * refused for being too many.
 */
export function patchCallDelaySeconds(vmCount: number): number {
  const beyond = vmCount * PATCH_CALLS_A_VM - PATCH_CALLS_AT_ONCE;
  return beyond <= 0 ? 0 : Math.ceil((beyond * 60) / PATCH_CALLS_A_MINUTE);
}
