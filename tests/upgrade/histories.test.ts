import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as contracts from '../../orchestrations/contracts';
import { repository } from '../emulator/support/nativeHost';
import { endOf, scheduledBy, type RecordedHistory } from './support/history';
import { currentVersion, readHistories, recordedVersions, recordHistories } from './support/record';
import { replayHistory } from './support/replayHistory';

const RECORD = process.env['UPDATE_HISTORIES'] === '1';

const WHAT_TO_DO = `
Instances of this version are in flight for up to a month, and the host replays them under today's code: it would take the results of
one step for those of another, or wait for ever. To change what an orchestration schedules:
1. raise extensions.durableTask.defaultVersion in host.json (1.0 → 1.1): new instances get it, running ones and their children keep theirs;
2. branch on context.df.version, so that instances of the old version go on as they began;
3. record the new version: npm run build && UPDATE_HISTORIES=1 npx jest tests/upgrade/histories
The recordings of versions that may still be in flight stay as they are. A version that was never deployed is simply recorded again.`;

/** Null when the replay schedules what was recorded, and ends as it did. */
async function difference(recorded: RecordedHistory): Promise<string | null> {
  const where = `${recorded.name} ${recorded.instanceId}`;
  const state = await replayHistory(recorded);
  const now = scheduledBy(state);
  const before = recorded.scheduled;
  const length = Math.max(now.length, before.length);
  for (let n = 0; n < length; n += 1)
    if (now[n] !== before[n])
      return `${where}: step ${n + 1} was «${before[n] ?? 'nothing'}» and is now «${now[n] ?? 'nothing'}».`;
  const end = endOf(state);
  if (end === recorded.end) return null;
  return `${where}: it was ${recorded.end} after ${length} steps and is now ${end}: ${state.error ?? ''}`;
}

async function checkAll(histories: readonly RecordedHistory[]): Promise<void> {
  for (const recorded of histories) {
    const found = await difference(recorded);
    if (found !== null) throw new Error(`${found}\n${WHAT_TO_DO}`);
  }
}

beforeAll(async () => {
  if (RECORD) await recordHistories();
});

const names = Object.values(contracts).flatMap((one) => ('name' in one ? [one.name] : []));

describe.each([...new Set([...recordedVersions(), currentVersion()])])(
  'instances of version %s that are in flight when the app is deployed',
  (version) => {
    it.each(names)('go on as they began: %s', async (name) => {
      const histories = readHistories(version).filter((each) => each.name === name);
      await expect(checkAll(histories)).resolves.toBeUndefined();
    });

    it('go on as they began wherever they were interrupted', async () => {
      const histories = readHistories(version);
      expect([...new Set(histories.map(({ end }) => end))].sort()).toEqual([
        'completed',
        'continuedAsNew',
        'waiting',
      ]);
      for (const recorded of histories) {
        const episodes = recorded.history.flatMap(({ EventType }, n) => (EventType === 13 ? [n] : []));
        const cutAt = episodes[Math.floor(episodes.length / 2)] ?? recorded.history.length;
        const cut = { ...recorded, history: recorded.history.slice(0, cutAt) };
        const now = scheduledBy(await replayHistory(cut));
        expect(recorded.scheduled.slice(0, now.length)).toEqual(now);
      }
    });
  },
);

describe('the recordings', () => {
  it('are there for every orchestration of the version that new instances get', () => {
    const recorded = new Set(readHistories(currentVersion()).map(({ name }) => name));
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !recorded.has(name))).toEqual([]);
  });

  it('stay small enough to be read by people', () => {
    const folder = join(__dirname, 'histories');
    const bytes = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0);
    expect(bytes).toBeLessThan(2_000_000);
  });

  it('name no machine', () => {
    for (const version of recordedVersions())
      expect(JSON.stringify(readHistories(version))).not.toContain(repository);
  });

  it('show a step that was added, dropped, renamed or swapped, and what to do about it', async () => {
    const recorded = readHistories(currentVersion()).find(
      ({ name, scheduled }) => name === 'updateDomainRollout' && scheduled.length > 6,
    );
    if (recorded === undefined) throw new Error('No history of updateDomainRollout is recorded.');
    const { scheduled } = recorded;
    const [first = '', second = '', ...rest] = scheduled;
    for (const other of [
      [...scheduled, 'timer'],
      [first, ...rest],
      [second, first, ...rest],
      [`${first}2`, second, ...rest],
    ])
      await expect(checkAll([{ ...recorded, scheduled: other }])).rejects.toThrow(
        /is now «[^]*raise extensions.durableTask.defaultVersion/,
      );
  });
});
