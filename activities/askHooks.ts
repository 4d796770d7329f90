import type { Hook } from '../domain/hooks';
import { because, type Because } from '../domain/reasons';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { PhaseId } from '../domain/phaseId';
import type { Services } from './services';

/** Every hook that says no to this VM being installed now, with its words. */
export async function refusedByHooks(
  services: Services,
  about: { readonly rolloutId: string; readonly phase: PhaseId; readonly vm: VirtualMachine },
): Promise<readonly Because[]> {
  const { vm, ...where } = about;
  const hooks = services.policy.hooks.filter(
    ({ on, selector = {} }) => on === 'beforeVm' && selects(selector, vm),
  );
  const said = hooks.map((hook) => refusal(services, hook, { ...where, region: vm.region, vmIds: [vm.id] }));
  return (await Promise.all(said)).flatMap((why, n) =>
    why === null ? [] : [because('hookRefused', { hook: hooks[n]?.name ?? '', why })],
  );
}

/** Why a hook does not let the rollout go on; null when it does. A host that cannot ask takes it for a no. */
export async function refusal(
  { askHook }: Services,
  hook: Hook,
  about: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  if (askHook === undefined) return 'This host cannot ask hooks.';
  const answer = await askHook(hook, about);
  return answer.kind === 'yes' ? null : answer.why;
}
