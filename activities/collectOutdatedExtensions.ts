import { addSeconds } from '../domain/instants';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import { NEVER_UTC } from '../store/agenda';
import * as contracts from './contracts';
import { seenDue } from './seenDue';
import { activity } from './services';

/** The sweep comes hourly, and not to the second. */
const NEXT_HOUR_SECONDS = 3000;

export const collectOutdatedExtensions = activity(
  contracts.collectOutdatedExtensions,
  async (services, { nowUtc, vmsMax, seen: given }) => {
    const { agenda, assessments, policy } = services;
    const seen = await seenDue(services, 'extensions', given);
    const behind = await assessments.outdatedExtensions();
    const open = behind
      .filter(({ timeZone }) => isOpen(windowAtOrAfter(timeZone, policy, nowUtc), nowUtc))
      .slice(0, vmsMax);
    // Taken off the list now: an update that does not succeed is noticed again at the VM's next assessment.
    if (open.length > 0) await assessments.markExtension(open, 'current');
    const isDone = open.length === behind.length;
    await agenda.reschedule(seen, 'extensions', isDone ? NEVER_UTC : addSeconds(nowUtc, NEXT_HOUR_SECONDS));
    return { vmIds: open.map(({ vmId }) => vmId), pace: contracts.Pace.parse(policy) };
  },
);
