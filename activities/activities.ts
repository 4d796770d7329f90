import { chooseRound } from './chooseRound';
import { closeRollout } from './closeRollout';
import { decidePhaseGate } from './decidePhaseGate';
import { endRounds } from './endRounds';
import { settleClaim } from './settleClaim';
import { listDueAssessments } from './listDueAssessments';
import { collectOutdatedExtensions } from './collectOutdatedExtensions';
import { lookAtVm } from './lookAtVm';
import { openPhase } from './openPhase';
import { planCatchUps } from './planCatchUps';
import { planRollout } from './planRollout';
import { probeHealth } from './probeHealth';
import { collectAssessments } from './collectAssessments';
import { readControl } from './readControl';
import { recordWait } from './recordWait';
import { readDueAssessments } from './readDueAssessments';
import { readEnablement } from './readEnablement';
import { collectExtension } from './collectExtension';
import { collectInstall } from './collectInstall';
import { openRegion } from './openRegion';
import { readRound } from './readRound';
import { readCompletion } from './readCompletion';
import { recordOutcome } from './recordOutcome';
import { recordRound } from './recordRound';
import { startAssessments } from './startAssessments';
import { startExtension } from './startExtension';
import { startInstall } from './startInstall';
import { startOrderedInstall } from './startOrderedInstall';
import type { Activity } from './services';

/** Every activity there is; functions/ registers them with the host. */
export const activities: readonly Activity[] = [
  ...[planRollout, readControl, recordWait, openPhase, decidePhaseGate, readCompletion, closeRollout],
  ...[openRegion, chooseRound, readRound, recordRound, endRounds],
  ...[lookAtVm, startInstall, startOrderedInstall, collectInstall, probeHealth, recordOutcome],
  ...[startAssessments, collectAssessments, listDueAssessments, readDueAssessments],
  ...[planCatchUps, settleClaim],
  ...[collectOutdatedExtensions, readEnablement, startExtension, collectExtension],
];
