import * as df from 'durable-functions';
import { activities } from '../activities/activities';
import { disruptionLedger } from '../entities/disruptionLedger';
import { virtualMachine } from '../entities/virtualMachine';
import { assessBatch } from '../orchestrations/assessBatch';
import { assessmentSweep } from '../orchestrations/assessmentSweep';
import { assessVm } from '../orchestrations/assessVm';
import { availabilitySetRollout } from '../orchestrations/availabilitySetRollout';
import { awaitClaim } from '../orchestrations/awaitClaim';
import { awaitGate } from '../orchestrations/awaitGate';
import { awaitGo } from '../orchestrations/awaitGo';
import { awaitInstall } from '../orchestrations/awaitInstall';
import { awaitSettled } from '../orchestrations/awaitSettled';
import { catchUp } from '../orchestrations/catchUp';
import { enableVm } from '../orchestrations/enableVm';
import { installOnDemand } from '../orchestrations/installOnDemand';
import { monthlyRollout } from '../orchestrations/monthlyRollout';
import { phaseRollout } from '../orchestrations/phaseRollout';
import { regionRollout } from '../orchestrations/regionRollout';
import { updateDomainRollout } from '../orchestrations/updateDomainRollout';
import { zoneRollout } from '../orchestrations/zoneRollout';
import { appServices } from '../composition/compose';
import { faultHooks } from '../composition/faultHooks';

/** Everything durable, registered under the names that instances in flight know it by: never rename one. */
const orchestrations = {
  monthlyRollout,
  phaseRollout,
  regionRollout,
  zoneRollout,
  availabilitySetRollout,
  updateDomainRollout,
  assessmentSweep,
  assessBatch,
  assessVm,
  catchUp,
  enableVm,
  installOnDemand,
  awaitGo,
  awaitClaim,
  awaitInstall,
  awaitGate,
  awaitSettled,
};
for (const [name, orchestration] of Object.entries(orchestrations)) df.app.orchestration(name, orchestration);

df.app.entity('disruptionLedger', disruptionLedger);
df.app.entity('virtualMachine', virtualMachine);

for (const { name, handler } of activities)
  df.app.activity(name, {
    handler: async (input: unknown) =>
      faultHooks.activity(name, await appServices(), (services) => handler(services)(input)),
  });
