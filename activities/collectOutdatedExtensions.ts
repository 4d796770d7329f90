import { dueAtSweepUtc } from '../domain/hourlySweep';
import { addSeconds } from '../domain/instants';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import { NEVER_UTC } from '../store/agenda';
import { enablementKey } from '../store/enablements';
import { newBatch } from './advanceEnablements';
import * as contracts from './contracts';
import { seenDue } from './fleet/seenDue';
import { activity } from './services';
import { HOUR_SECONDS } from '../domain/timeUnits';

/** Longest time an extension update may take before it is given up; an assessment finds it again. */
const UPDATE_SECONDS = 3 * 24 * 3600;

/** What a call takes is written first, in the batch: a call that is repeated takes the same VMs off the list. */
export const collectOutdatedExtensions = activity(
  contracts.collectOutdatedExtensions,
  async (services, { nowUtc, vmsMax, seen: given }) => {
    const { agenda, enablements, policy } = services;
    const seen = await seenDue(services, 'extensions', given);
    const behind = await enablements.outdated();
    const key = enablementKey(nowUtc, 'extensionSweep');
    const open = behind
      .filter(({ timeZone }) => isOpen(windowAtOrAfter(timeZone, policy, nowUtc), nowUtc))
      .slice(0, vmsMax);
    const wanted = newBatch(
      nowUtc,
      addSeconds(nowUtc, UPDATE_SECONDS),
      open.map(({ vmId }) => vmId),
    );
    const isFirst = open.length > 0 && (await enablements.writeBatch(key, wanted, null));
    const batch = isFirst ? wanted : ((await enablements.readBatch(key))?.batch ?? null);
    // Taken off the list now: an update that does not succeed is noticed again at the VM's next assessment.
    const taken = new Set(batch?.vms.map(({ vmId }) => vmId));
    const listed = behind.filter(({ vmId }) => taken.has(vmId));
    if (listed.length > 0) await enablements.mark(listed, 'current');
    const isDone = listed.length === behind.length;
    await agenda.reschedule(seen, 'extensions', isDone ? NEVER_UTC : dueAtSweepUtc(nowUtc, HOUR_SECONDS));
    // Nothing waits for the answer of a call that is repeated after its batch was begun.
    return { batch: batch === null || batch.call > 0 ? null : key };
  },
);
