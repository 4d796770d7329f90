import type { RegisteredFunction } from '../coreApi';
import type { Instance } from './instance';
import type { Episode, Runner } from './runners';

/**
 * Replays an episode from JSON, as the real host would, and compares. A difference means that the orchestrator is not
 * deterministic, or keeps something between episodes, or that session mode is wrong: each must stop the run.
 */
export async function auditEpisode(
  auditor: Runner,
  instance: Instance,
  fn: RegisteredFunction,
  live: Episode,
): Promise<void> {
  const replayed = await auditor.run(instance, fn);
  const seen = facts(live);
  const expected = facts({ ...replayed, actions: replayed.actions.slice(instance.held?.length ?? 0) });
  if (seen === expected) return;
  throw new Error(
    `[emulator:audit-mismatch] ${instance.name} (${instance.id}), episode ${instance.episodes}: a full replay gives ` +
      `something else than the live session. The orchestrator is not deterministic.\n  live:   ${seen}\n  replay: ${expected}`,
  );
}

function facts({ actions, done, error, output, customStatus }: Episode): string {
  return JSON.stringify({ actions, done, error, output: done ? output : undefined, customStatus });
}
