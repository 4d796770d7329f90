import type { IconName } from './parts/icon';

/** How an outcome is shown everywhere: a word, a shape and a colour, so that none of them has to be known. */
export interface StateLook {
  readonly key: string;
  readonly label: string;
  readonly icon: IconName;
  /** One sentence for people who meet it first. */
  readonly means: string;
}

export const OUTCOMES: readonly StateLook[] = [
  {
    key: 'patched',
    label: 'Patched',
    icon: 'check',
    means: 'Patches were installed, and it stayed healthy.',
  },
  { key: 'upToDate', label: 'Up to date', icon: 'equal', means: 'There was nothing to install.' },
  { key: 'unhealthy', label: 'Unhealthy', icon: 'warning', means: 'Not healthy after its update.' },
  {
    key: 'failed',
    label: 'Failed',
    icon: 'cross',
    means: 'The installation failed; it gets another window.',
  },
  {
    key: 'deferred',
    label: 'Deferred',
    icon: 'clock',
    means: 'Not now, for a reason other than a failure; it gets another window.',
  },
  { key: 'waiting', label: 'Waiting', icon: 'dots', means: 'Its turn has not come.' },
  {
    key: 'skipped',
    label: 'Skipped',
    icon: 'skip',
    means: 'Not patched in this rollout, for the reason given.',
  },
];

const looks = new Map(OUTCOMES.map((look) => [look.key, look]));

export function outcomeLook(key: string): StateLook {
  return looks.get(key) ?? { key: 'waiting', label: key, icon: 'dots', means: '' };
}

export interface RolloutLook {
  readonly label: string;
  readonly icon: IconName;
  readonly tone: 'calm' | 'good' | 'attention' | 'bad' | 'quiet';
}

const ROLLOUTS: Readonly<Record<string, RolloutLook>> = {
  planning: { label: 'Planning', icon: 'dots', tone: 'calm' },
  planFailed: { label: 'Plan failed', icon: 'warning', tone: 'bad' },
  waitingForInventory: { label: 'Waiting for VMs', icon: 'clock', tone: 'attention' },
  running: { label: 'Running', icon: 'play', tone: 'calm' },
  paused: { label: 'Paused', icon: 'pause', tone: 'attention' },
  halted: { label: 'Halted', icon: 'warning', tone: 'bad' },
  ending: { label: 'Ending', icon: 'clock', tone: 'calm' },
  cancelling: { label: 'Cancelling', icon: 'cross', tone: 'attention' },
  ended: { label: 'Ended', icon: 'check', tone: 'good' },
  cancelled: { label: 'Cancelled', icon: 'cross', tone: 'quiet' },
};

export function rolloutLook(state: string): RolloutLook {
  return ROLLOUTS[state] ?? { label: state, icon: 'dots', tone: 'quiet' };
}

const STEPS: Readonly<Record<string, string>> = {
  look: 'about to be looked at',
  startAssessment: 'about to be assessed',
  readAssessment: 'being assessed',
  askExposure: 'waiting for evidence of its image family',
  startInstall: 'about to install',
  readInstall: 'installing',
  probe: 'watched after its update',
  ended: 'done',
};

export const stepInWords = (step: string): string => STEPS[step] ?? step;
