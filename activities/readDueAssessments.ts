import * as contracts from './contracts';
import { ASSESSED_TOGETHER_MAX, openNow } from './dueAssessments';
import { activity } from './world';

export const readDueAssessments = activity(
  contracts.readDueAssessments,
  async (world, { nowUtc, from, before }) => {
    const rows = openNow(await world.assessments.range({ from, before }), nowUtc, world.policy);
    const gone: string[] = [];
    const vmIds = [];
    for (const { key, vmId } of rows.slice(0, ASSESSED_TOGETHER_MAX)) {
      if (await world.inventory.read(vmId)) vmIds.push(vmId);
      else gone.push(key);
    }
    if (gone.length > 0) await world.assessments.forget(gone);
    return { vmIds };
  },
);
