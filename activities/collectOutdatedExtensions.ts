import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import * as contracts from './contracts';
import { activity } from './services';

export const collectOutdatedExtensions = activity(
  contracts.collectOutdatedExtensions,
  async (services, { nowUtc, vmsMax }) => {
    const open = (await services.assessments.outdatedExtensions())
      .filter(({ timeZone }) => isOpen(windowAtOrAfter(timeZone, services.policy, nowUtc), nowUtc))
      .slice(0, vmsMax);
    // Taken off the list now: an update that does not succeed is noticed again at the VM's next assessment.
    if (open.length > 0) await services.assessments.markExtension(open, 'current');
    return { vmIds: open.map(({ vmId }) => vmId) };
  },
);
