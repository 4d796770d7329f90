import type { Counts, DownNow, TimelineRegion } from '../api';
import { withWaiting } from '../parts/outcomeBar';
import type { IconName } from '../parts/icon';

/** How a region stands, worst first. Each has a word, a shape and a colour. */
export interface RegionLook {
  readonly key: 'unhealthy' | 'failed' | 'underWay' | 'done' | 'begun' | 'waiting';
  readonly label: string;
  readonly icon: IconName;
}

export const REGION_LOOKS: readonly RegionLook[] = [
  { key: 'waiting', label: 'Waiting for its turn', icon: 'dots' },
  { key: 'underWay', label: 'VMs may be down now', icon: 'play' },
  { key: 'begun', label: 'Begun, and between windows', icon: 'clock' },
  { key: 'done', label: 'Done', icon: 'check' },
  { key: 'failed', label: 'Has failed installations', icon: 'cross' },
  { key: 'unhealthy', label: 'Has unhealthy VMs', icon: 'warning' },
];

const look = (key: RegionLook['key']): RegionLook =>
  REGION_LOOKS.find((one) => one.key === key) ?? { key: 'waiting', label: '', icon: 'dots' };

export function regionLook(
  { outcomes, vmCount }: Pick<TimelineRegion, 'outcomes' | 'vmCount'>,
  down: readonly DownNow[],
): RegionLook {
  const all = withWaiting(outcomes, vmCount);
  if (of(all, 'unhealthy') > 0) return look('unhealthy');
  if (of(all, 'failed') > 0) return look('failed');
  if (down.length > 0) return look('underWay');
  const open = of(all, 'waiting') + of(all, 'deferred');
  if (open === 0) return look('done');
  return open === vmCount && of(all, 'deferred') === 0 ? look('waiting') : look('begun');
}

const of = (counts: Counts, key: string): number => counts[key] ?? 0;

/** VMs that need nothing more in this rollout. */
export function doneCount({ outcomes, vmCount }: Pick<TimelineRegion, 'outcomes' | 'vmCount'>): number {
  const all = withWaiting(outcomes, vmCount);
  return vmCount - of(all, 'waiting') - of(all, 'deferred');
}
