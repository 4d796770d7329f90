import { setTimeout as sleep } from 'node:timers/promises';
import { vmsText } from '../domain/listed';
import type { Host } from '../emulator/host';
import { outcomesOf } from '../local/reportedRollouts';
import { rolloutNow } from '../local/rolloutNow';
import { describeHalt } from './haltNotice';
import { showProgress, type Progress } from './progress';
import { progressOf, RolloutView } from './rolloutView';
import { shortTime } from './rolloutSummary';

export interface Follow {
  readonly host: Host;
  readonly id: string;
  /** Virtual time goes times as fast as real time, at most. */
  readonly speed: number;
  /** Virtual time goes on while a person decides. */
  readonly keepGoing: boolean;
}

/** The host stops there to be looked at. Always at the same virtual instants, so that a month is the same on every machine. */
const STEP_MS = 3_600_000;

/** Each look counts the outcomes of all VMs: of the time, at most one part in so many is spent on looks. */
const LOOK_SHARE = 20;
const LOOK_EVERY_MS = 1_000;
const DECISION_POLL_MS = 300;

/** Lets virtual time pass until the rollout has ended, and shows what happens. */
export async function followRollout(follow: Follow): Promise<void> {
  const { host, id } = follow;
  const progress = showProgress('planned VMs done');
  const shown = new Set<string>();
  const pace = pacer(follow);
  const hasChanged = changesOf(host);
  let nextLookMs = 0;
  let now = await rolloutNow(host, id);
  try {
    for (;;) {
      await host.runUntil(new Date(host.nowMs() + STEP_MS).toISOString());
      if (hasChanged()) now = await rolloutNow(host, id);
      const { hasEnded, waitsForPerson } = now;
      const stands = waitsForPerson && !follow.keepGoing;
      if (hasEnded || stands || performance.now() >= nextLookMs) {
        const beganMs = performance.now();
        await look(follow, progress, shown);
        const endedMs = performance.now();
        nextLookMs = endedMs + Math.max(LOOK_EVERY_MS, LOOK_SHARE * (endedMs - beganMs));
      }
      if (hasEnded) return;
      if (stands) {
        await decided(follow, progress, shown);
        now = await rolloutNow(host, id);
      }
      await pace(stands);
    }
  } finally {
    progress.stop();
  }
}

/** Whether anything has run since the last time: where nothing has, the rollout stands as it stood, and its rows need not be read. */
function changesOf({ stats }: Host): () => boolean {
  let seen = -1;
  return () => {
    const before = seen;
    seen = stats.episodes + stats.activities + stats.requests;
    return seen !== before;
  };
}

/** Waits as long as virtual time was too fast; a time in which it stood still does not count. */
function pacer({ host, speed }: Follow): (stoodStill: boolean) => Promise<void> {
  let [fromWallMs, fromMs] = [performance.now(), host.nowMs()];
  return async (stoodStill) => {
    if (stoodStill) [fromWallMs, fromMs] = [performance.now(), host.nowMs()];
    const dueMs = fromWallMs + (host.nowMs() - fromMs) / speed;
    const earlyMs = dueMs - performance.now();
    if (earlyMs >= 1) await sleep(earlyMs);
  };
}

/** Virtual time stands still until a person has decided. */
async function decided(follow: Follow, progress: Progress, shown: Set<string>): Promise<void> {
  const { host, id } = follow;
  progress.line(
    'Virtual time stops until you decide; with --keep-going it would not.',
    `${shortTime(host.nowUtc())}  `,
  );
  while ((await rolloutNow(host, id)).waitsForPerson) {
    await sleep(DECISION_POLL_MS);
    await host.idle();
  }
  await look(follow, progress, shown);
}

async function look({ host, id }: Follow, progress: Progress, shown: Set<string>): Promise<void> {
  const { body } = await host.request('GET', `/api/rollouts/${id}`);
  const rollout = RolloutView.parse(body);
  for (const { key, atUtc, text } of newsOf(rollout)) {
    if (shown.has(key)) continue;
    shown.add(key);
    progress.line(text, `${shortTime(atUtc)}  `);
  }
  await showHalts(host, rollout, progress, shown);
  const { done, total, note } = progressOf(rollout);
  if (total !== null) progress.update(done, total, shortTime(host.nowUtc()), note);
}

async function showHalts(
  host: Host,
  rollout: RolloutView,
  progress: Progress,
  shown: Set<string>,
): Promise<void> {
  for (const halt of rollout.halts) {
    if (halt.decision !== null || shown.has(halt.haltId)) continue;
    shown.add(halt.haltId);
    const outcomes = await outcomesOf(host, rollout.id);
    for (const line of describeHalt({ halt, outcomes, baseUrl: host.baseUrl }))
      progress.line(line.text, line.indent);
  }
}

interface News {
  readonly key: string;
  readonly atUtc: string;
  readonly text: string;
}

/** What has happened to the phases, in the order of time. */
function newsOf({ phases }: RolloutView): readonly News[] {
  const news = phases.flatMap(({ phase, regions, vmCount, startedUtc, endedUtc, gate }): News[] => [
    ...(startedUtc === null
      ? []
      : [
          {
            key: phase,
            atUtc: startedUtc,
            text: `${phase} begins: ${vmsText(vmCount)} in ${regions.join(', ')}`,
          },
        ]),
    ...(endedUtc === null || gate === null
      ? []
      : [{ key: `${phase} gate`, atUtc: endedUtc, text: `${phase} gate ${gate.kind}: ${gate.why}` }]),
  ]);
  return news.sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0));
}
