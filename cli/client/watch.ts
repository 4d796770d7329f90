import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../local/say';
import { terminalWidth } from '../../local/wrap';
import { interruption } from '../interruption';
import type { RolloutView } from '../rolloutView';
import { isOver, progressOf, WAITING } from '../rolloutView';
import { apiClient, type ApiClient, type HostOptions } from './apiClient';
import { instantText, readable, type OutputOptions } from './output';
import { readRollout } from './rollouts';

const LOOK_EVERY_MS = 2_000;
/** A host that is started again is back by then. */
const SILENT_LOOKS_MAX = 60;

/**
 * Shows how a rollout goes until it is over: on a terminal one line that changes, elsewhere a line for each change. While nothing changes it
 * writes nothing.
 */
export async function runRolloutWatch(
  id: string | undefined,
  options: HostOptions & OutputOptions,
): Promise<0> {
  const api = apiClient(options);
  const stopped = interruption();
  const isLine = options.json !== true && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  let rollout = await readRollout(api, id);
  let shown = '';
  while (!stopped.aborted) {
    const line = options.json ? jsonOf(rollout) : lineOf(rollout);
    if (line !== shown) {
      if (isLine) say.text(`\r\u001b[2K${cut(line, terminalWidth() - 1)}`);
      else say.line(line);
    }
    shown = line;
    if (isOver(rollout)) break;
    rollout = await next(api, rollout, stopped);
  }
  if (isLine) say.line();
  return 0;
}

/** The rollout after the next look that is answered; as it was when the wait is interrupted. */
async function next(api: ApiClient, rollout: RolloutView, stopped: AbortSignal): Promise<RolloutView> {
  for (let looks = 1; ; looks += 1) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return rollout;
    try {
      return await readRollout(api, rollout.id);
    } catch (error) {
      if (looks === 1) say.error('note: the host did not answer; it is asked again.');
      if (looks >= SILENT_LOOKS_MAX) throw error;
    }
  }
}

function jsonOf(rollout: RolloutView): string {
  const { done, total } = progressOf(rollout);
  return JSON.stringify({
    id: rollout.id,
    state: rollout.state,
    done,
    total,
    outcomes: rollout.outcomes,
  });
}

function lineOf(rollout: RolloutView): string {
  const { done, total, note } = progressOf(rollout);
  return `${rollout.id}: ${total === null ? '' : `${done} of ${total}, `}${note}${whereOf(rollout)}`;
}

/** A line that went on below could not be written over. */
const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, width - 1)}…`;

/** The phase that runs or comes next, and what waits for a person. */
function whereOf({ phases, halts, state, approvals }: RolloutView): string {
  if (state !== 'running' && state !== 'halted' && state !== 'paused') return '';
  const halt = halts.find(({ decision }) => decision === null);
  if (halt !== undefined) return `: ${readable(halt.why)}`;
  const upcoming = phases.find(({ endedUtc }) => endedUtc === null);
  if (upcoming === undefined) return '';
  const { phase, startedUtc, expected } = upcoming;
  if (startedUtc !== null) return `; ${phase} since ${instantText(startedUtc)}`;
  const waits = approvals?.some((one) => one.phase === phase && WAITING.includes(one.state));
  const from = expected ? ` ${instantText(expected.expectedStartUtc)}` : '';
  return `; ${phase} next${from}${waits ? ', waits for an approval' : ''}`;
}
