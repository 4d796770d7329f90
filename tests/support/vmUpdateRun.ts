import type { Outcome } from '../../domain/outcome';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { ImageFamily } from '../../domain/imageFamily';
import { defaultPolicy } from '../../domain/policy';
import {
  firstStep,
  observed,
  type Advanced,
  type Observation,
  type OpenVmUpdate,
  type UpdatePace,
  type VmEnding,
} from '../../domain/vmUpdate';
import { aVm } from './builders';
import { anAssessment, anInstallation } from './fakeDriver';
import { IN_THE_WINDOW } from './fakeServices';

export const { id: vmId } = aVm({ name: 'vm-a' });
export const succeeded = anInstallation({ status: 'Succeeded', installedPatchCount: 3 });
export const failedInstall = anInstallation({ status: 'Failed' });
export const family = ImageFamily.parse('canonical:ubuntuserver:18.04-lts');
export const START_BY = '2026-11-13T09:35:00.000Z';
export const DEADLINE = '2026-11-13T07:00:00.000Z';

export const outcomeOf = (kind: OutcomeKind, reason: OutcomeReason): Outcome => ({
  vmId,
  kind,
  reason,
  detail: '',
  atUtc: IN_THE_WINDOW,
});

export type Step = OpenVmUpdate['kind'];
export type Platform = Readonly<Partial<Record<Step, (nowUtc: string, time: number) => Observation>>>;

export interface Run {
  readonly ending: VmEnding;
  readonly steps: readonly Step[];
  readonly endedUtc: string;
}

/** Installs three patches in 20 minutes, and is healthy. */
export const wellBehaved: Required<Platform> = {
  look: () => ({ of: 'look', family }),
  askExposure: () => ({ of: 'askExposure', granted: true, startByUtc: START_BY }),
  startAssessment: () => ({ of: 'startAssessment', operationId: 'assess-1' }),
  readAssessment: () => ({ of: 'readAssessment', answer: { kind: 'assessed', summary: anAssessment() } }),
  startInstall: () => ({
    of: 'startInstall',
    answer: { kind: 'started', deadlineUtc: DEADLINE, operationId: 'install-1' },
  }),
  readInstall: (_, time) => ({
    of: 'readInstall',
    answer: time < 5 ? { kind: 'running' } : { kind: 'ended', summary: succeeded },
  }),
  probe: (atUtc) => ({ of: 'probe', health: { answer: 'healthy', because: '', atUtc } }),
};

/** Takes each step when it is due, and none before, until the VM has its outcome. */
export function run(over: Platform = {}, pace: UpdatePace = defaultPolicy): Run {
  const platform = { ...wellBehaved, ...over };
  const times = new Map<Step, number>();
  const steps: Step[] = [];
  let nowUtc = IN_THE_WINDOW;
  let update = firstStep(nowUtc);
  for (let n = 0; n < 1000; n += 1) {
    if (update.dueUtc > nowUtc) nowUtc = update.dueUtc;
    const { kind } = update;
    const time = (times.get(kind) ?? 0) + 1;
    times.set(kind, time);
    steps.push(kind);
    const advanced: Advanced = observed(update, platform[kind](nowUtc, time), {
      vmId,
      nowUtc,
      pace,
    });
    if (advanced.kind === 'ended') return { ending: advanced.ending, steps, endedUtc: nowUtc };
    ({ update } = advanced);
  }
  throw new Error('The VM never ends.');
}
