import type { Hook, HookAnswer, HookAsk, HookWord } from '../../domain/hooks';
import { wordOf } from '../../domain/hooks';
import { keyOf, type RolloutId } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import { because, type Because } from '../../domain/reasons';
import { selects } from '../../domain/selector';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { PhaseId } from '../../domain/phaseId';
import type { RoundRef } from '../contracts';
import { auditHalt, writeHalt } from './halts';
import type { Services } from '../services';
import { sideBySide } from '../sideBySide';

/** Every hook that says no to this VM being installed now, with its words. */
export async function refusedByHooks(
  services: Services,
  about: { readonly rolloutId: RolloutId; readonly phase: PhaseId; readonly vm: VirtualMachine },
): Promise<readonly Because[]> {
  const { vm, ...where } = about;
  const hooks = hooksOn(services, 'beforeVm').filter(({ selector = {} }) => selects(selector, vm));
  const said = hooks.map((hook) =>
    askHook(services, hook, { ...where, region: vm.region, vmIds: [vm.id] }, keyOf(vm.id)),
  );
  return (await Promise.all(said)).flatMap((word, n) =>
    word.kind === 'yes' ? [] : [because('hookRefused', { hook: hooks[n]?.name ?? '', why: word.why })],
  );
}

/** May a round begin? A no holds its region; a hook that answers by an event may still be waited for. */
export async function askBeforeRound(
  services: Services,
  ref: RoundRef,
  vms: readonly VirtualMachine[],
): Promise<HookAnswer | Extract<HookWord, { kind: 'waits' }>> {
  const hooks = hooksOn(services, 'beforeRound');
  const words = await sideBySide(meant(hooks, vms), (hook) => askOfRound(services, hook, ref, vms));
  const pending = words.find(({ word }) => word.kind === 'waits')?.word;
  for (const { hook, word } of words)
    if (word.kind === 'no') await holdRound(services, hook, ref, word.why, `before ${nameOf(ref)}`);
  return words.find(({ word }) => word.kind === 'no')?.word ?? pending ?? { kind: 'yes' };
}

/** A hook that does not say yes after a round holds its region, until a person decides, or it says yes by an event. */
export async function askAfterRound(
  services: Services,
  ref: RoundRef,
  vms: readonly VirtualMachine[],
): Promise<void> {
  for (const hook of meant(hooksOn(services, 'afterRound'), vms)) {
    const { word } = await askOfRound(services, hook, ref, vms);
    if (word.kind !== 'yes') await holdRound(services, hook, ref, word.why, `after ${nameOf(ref)}`);
  }
}

/** The same after each VM that was installed. */
export async function askAfterVms(
  services: Services,
  ref: RoundRef,
  vms: readonly VirtualMachine[],
): Promise<void> {
  const asked = hooksOn(services, 'afterVm').flatMap((hook) =>
    vms.filter((vm) => selects(hook.selector ?? {}, vm)).map((vm) => ({ hook, vm })),
  );
  await sideBySide(asked, async ({ hook, vm }) => {
    const { rolloutId, phase, region } = ref;
    const subject = keyOf(vm.id);
    const haltId = haltIdOf([phase, region, subject], hook);
    const word = await askHook(services, hook, { rolloutId, phase, region, vmIds: [vm.id] }, subject, haltId);
    if (word.kind !== 'yes')
      await writeHalt(services, rolloutId, holdOf(hook, ref, haltId, word.why, `after ${vm.name}`));
  });
}

export const hooksOn = ({ policy }: Services, on: Hook['on']): readonly Hook[] =>
  policy.hooks.filter((hook) => hook.on === on);

const meant = (hooks: readonly Hook[], vms: readonly VirtualMachine[]): readonly Hook[] =>
  hooks.filter(({ selector }) => selector === undefined || vms.some((vm) => selects(selector, vm)));

async function askOfRound(
  services: Services,
  hook: Hook,
  ref: RoundRef,
  vms: readonly VirtualMachine[],
): Promise<{ readonly hook: Hook; readonly word: HookWord }> {
  const vmIds = vms.filter((vm) => selects(hook.selector ?? {}, vm)).map(({ id }) => id);
  const haltId = hook.on === 'afterRound' ? haltIdOf(placeOf(ref), hook) : null;
  return {
    hook,
    word: await askHook(services, hook, { ...ref, vmIds }, placeOf(ref).join('~'), haltId),
  };
}

/** What a hook is given, beside its name. */
interface About {
  readonly rolloutId: RolloutId;
  readonly vmIds: readonly string[];
  readonly [member: string]: unknown;
}

/** A host that cannot ask takes it for a no. */
async function askHook(
  services: Services,
  hook: Hook,
  about: About,
  subject: string,
  haltId: string | null = null,
): Promise<HookWord> {
  const { url } = hook;
  if (url === undefined) return askByEvent(services, hook, about, subject, haltId);
  if (services.askHook === undefined) return { kind: 'no', why: 'This host cannot ask hooks.' };
  return services.askHook(hook, about);
}

/** The question is a row, and its answer, too: both survive whatever asks. */
async function askByEvent(
  services: Services,
  hook: Hook,
  about: About,
  subject: string,
  haltId: string | null,
): Promise<HookWord> {
  const { hookAsks, audit, nowUtc } = services;
  const { name, on, answerMinutes } = hook;
  const { rolloutId, vmIds } = about;
  const atUtc = nowUtc();
  const ask = `${name}~${subject}`;
  const known = await hookAsks.read(rolloutId, ask);
  const word = known === null ? null : wordOf(known, atUtc);
  if (word !== null) return word;
  const untilUtc = addSeconds(atUtc, answerMinutes * 60);
  const shown = { ...about, vmIds: vmIds.slice(0, NAMED_MAX), vmCount: vmIds.length };
  const row: HookAsk = {
    ask,
    hook: name,
    on,
    about: shown,
    askedUtc: atUtc,
    untilUtc,
    haltId,
    answer: null,
  };
  const isAsked = await hookAsks.save(rolloutId, row, known);
  if (!isAsked) return askByEvent(services, hook, about, subject, haltId); // another asked it, and it may be answered by now
  await audit.append(rolloutId, `hookAsked~${ask}~${atUtc}`, {
    atUtc,
    who: 'lowtide',
    what: 'hookAsked',
    subject: ask,
    vmId: null,
    why: `The hook ${name} may answer until ${untilUtc}; without a yes by then it is a no.`,
    evidence: { hook: name, on, untilUtc, ...shown },
  });
  return { kind: 'waits', untilUtc, why: `It may answer until ${untilUtc}.` };
}

/** VMs that a question names; the rest is counted. */
const NAMED_MAX = 20;

async function holdRound(
  services: Services,
  hook: Hook,
  ref: RoundRef,
  why: string,
  when: string,
): Promise<void> {
  const haltId = haltIdOf(placeOf(ref), hook);
  // One that a person has answered stays as it is: a no that comes after that is another hold. Names of hooks have no dot.
  const before = (await services.rollouts.halts(ref.rolloutId)).filter(
    (halt) => halt.haltId === haltId || halt.haltId.startsWith(`${haltId}.`),
  );
  const open = before.find(({ decision }) => decision === null);
  const next = before.length === 0 ? haltId : `${haltId}.${before.length + 1}`;
  const halt = holdOf(hook, ref, open?.haltId ?? next, why, when);
  await (open === undefined ? writeHalt : auditHalt)(services, ref.rolloutId, halt);
}

const holdOf = (
  { name, url }: Hook,
  { phase, region }: RoundRef,
  haltId: string,
  why: string,
  when: string,
): Parameters<typeof writeHalt>[2] => ({
  kind: 'hold',
  phase,
  region,
  haltId,
  why: `The hook ${name} did not say yes ${when} in ${region}: ${why}`,
  evidence: { hook: name, url: url ?? null },
});

const placeOf = ({ phase, region, stage, group, round }: RoundRef): readonly string[] => [
  phase,
  region,
  stage,
  group,
  String(round),
];

const haltIdOf = (place: readonly string[], { name }: Hook): string => [...place, `hook-${name}`].join('.');

const nameOf = ({ round, group }: RoundRef): string => `round ${round} of ${group}`;
