import * as df from 'durable-functions';
import { assessBatch } from '../orchestrations/assessBatch';
import { assessmentSweep } from '../orchestrations/assessmentSweep';
import { assessVm } from '../orchestrations/assessVm';
import { availabilitySetRollout } from '../orchestrations/availabilitySetRollout';
import { availabilitySetsRollout } from '../orchestrations/availabilitySetsRollout';
import { awaitClaim } from '../orchestrations/awaitClaim';
import { awaitGate } from '../orchestrations/awaitGate';
import { awaitGo } from '../orchestrations/awaitGo';
import { awaitInventory } from '../orchestrations/awaitInventory';
import { awaitInstall } from '../orchestrations/awaitInstall';
import { awaitCompletion } from '../orchestrations/awaitCompletion';
import { batchRollout } from '../orchestrations/batchRollout';
import { catchUp } from '../orchestrations/catchUp';
import { catchUpSweep } from '../orchestrations/catchUpSweep';
import { enableVm } from '../orchestrations/enableVm';
import { extensionSweep } from '../orchestrations/extensionSweep';
import { installOnDemand } from '../orchestrations/installOnDemand';
import { inventorySweep } from '../orchestrations/inventorySweep';
import { judgeAfterBake } from '../orchestrations/judgeAfterBake';
import { ledgerSweep } from '../orchestrations/ledgerSweep';
import { monthlyRollout } from '../orchestrations/monthlyRollout';
import { phaseRollout } from '../orchestrations/phaseRollout';
import { regionRollout } from '../orchestrations/regionRollout';
import { updateDomainRollout } from '../orchestrations/updateDomainRollout';
import { zoneRollout } from '../orchestrations/zoneRollout';

/** Under the names that instances in flight know them by: never rename one. */
const orchestrations = {
  monthlyRollout,
  phaseRollout,
  regionRollout,
  zoneRollout,
  batchRollout,
  availabilitySetsRollout,
  availabilitySetRollout,
  updateDomainRollout,
  assessmentSweep,
  catchUpSweep,
  ledgerSweep,
  extensionSweep,
  inventorySweep,
  assessBatch,
  assessVm,
  catchUp,
  enableVm,
  installOnDemand,
  awaitInventory,
  awaitGo,
  awaitClaim,
  awaitInstall,
  awaitGate,
  judgeAfterBake,
  awaitCompletion,
};

for (const [name, orchestration] of Object.entries(orchestrations)) df.app.orchestration(name, orchestration);
