import { chooseRound } from './chooseRound';
import { closeRollout } from './closeRollout';
import { decidePhaseGate } from './decidePhaseGate';
import { endRounds } from './endRounds';
import { inspectClaim } from './inspectClaim';
import { listDueAssessments } from './listDueAssessments';
import { listOutdatedExtensions } from './listOutdatedExtensions';
import { lookAtVm } from './lookAtVm';
import { openPhase } from './openPhase';
import { planCatchUps } from './planCatchUps';
import { planRollout } from './planRollout';
import { probeHealth } from './probeHealth';
import { readAssessments } from './readAssessments';
import { readControl } from './readControl';
import { registerWait } from './registerWait';
import { readDueAssessments } from './readDueAssessments';
import { readEnablement } from './readEnablement';
import { readExtension } from './readExtension';
import { readInstall } from './readInstall';
import { readRegion } from './readRegion';
import { readRound } from './readRound';
import { readSettled } from './readSettled';
import { recordOutcome } from './recordOutcome';
import { recordRound } from './recordRound';
import { startAssessments } from './startAssessments';
import { startExtension } from './startExtension';
import { startInstall } from './startInstall';
import { startOrderedInstall } from './startOrderedInstall';
import type { Activity } from './services';

/** Every activity there is; functions/ registers them with the host. */
export const activities: readonly Activity[] = [
  ...[planRollout, readControl, registerWait, openPhase, decidePhaseGate, readSettled, closeRollout],
  ...[readRegion, chooseRound, readRound, recordRound, endRounds],
  ...[lookAtVm, startInstall, startOrderedInstall, readInstall, probeHealth, recordOutcome],
  ...[startAssessments, readAssessments, listDueAssessments, readDueAssessments],
  ...[planCatchUps, inspectClaim],
  ...[listOutdatedExtensions, readEnablement, startExtension, readExtension],
];
