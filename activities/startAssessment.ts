import * as contracts from './contracts';
import { activity } from './services';

export const startAssessment = activity(contracts.startAssessment, ({ driver }, { vmId, activityId }) =>
  driver.startAssessment(vmId, activityId),
);
