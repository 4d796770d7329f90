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
import { awaitCompletion } from '../orchestrations/awaitCompletion';
import { catchUp } from '../orchestrations/catchUp';
import { enableVm } from '../orchestrations/enableVm';
import { installOnDemand } from '../orchestrations/installOnDemand';
import { monthlyRollout } from '../orchestrations/monthlyRollout';
import { patchVm } from '../orchestrations/patchVm';
import { phaseRollout } from '../orchestrations/phaseRollout';
import { regionRollout } from '../orchestrations/regionRollout';
import { updateDomainRollout } from '../orchestrations/updateDomainRollout';
import { zoneRollout } from '../orchestrations/zoneRollout';
import { appServices } from '../composition/compose';
import { faultHooks } from '../composition/faultHooks';
import { withWaking } from '../composition/waking';

/** Everything durable, registered under the names that instances in flight know it by: never rename one. */
const orchestrations = {
  monthlyRollout,
  phaseRollout,
  regionRollout,
  zoneRollout,
  availabilitySetRollout,
  updateDomainRollout,
  patchVm,
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
  awaitCompletion,
};
for (const [name, orchestration] of Object.entries(orchestrations)) df.app.orchestration(name, orchestration);

df.app.entity('disruptionLedger', disruptionLedger);
df.app.entity('virtualMachine', virtualMachine);

for (const activity of activities)
  if (activity.wakes)
    df.app.activity(activity.name, {
      extraInputs: [df.input.durableClient()],
      handler: async (input: unknown, context) =>
        faultHooks.activity(
          activity.name,
          withWaking(await appServices(), df.getClient(context), context),
          (services) => activity.handler(services)(input),
        ),
    });
  else
    df.app.activity(activity.name, {
      handler: async (input: unknown) =>
        faultHooks.activity(activity.name, await appServices(), (services) => activity.handler(services)(input)),
    });
