import { advanceRound } from './advanceRound';
import { chooseRound } from './chooseRound';
import { closeRollout } from './closeRollout';
import { collectAssessments } from './collectAssessments';
import { collectExtension } from './collectExtension';
import { collectInstall } from './collectInstall';
import { collectOutdatedExtensions } from './collectOutdatedExtensions';
import { decidePhaseGate } from './decidePhaseGate';
import { endRounds } from './endRounds';
import { lookAtSet } from './lookAtSet';
import { listDueAssessments } from './listDueAssessments';
import { openPhase } from './openPhase';
import { readRegion } from './readRegion';
import { planCatchUps } from './planCatchUps';
import { planRollout } from './planRollout';
import { probeHealth } from './probeHealth';
import { readCompletion } from './readCompletion';
import { readControl } from './readControl';
import { recordWait } from './recordWait';
import { readDueAssessments } from './readDueAssessments';
import { readEnablement } from './readEnablement';
import { recordRound } from './recordRound';
import { settleClaim } from './settleClaim';
import { startAssessments } from './startAssessments';
import { startExtension } from './startExtension';
import { startOrderedInstall } from './startOrderedInstall';
import { takeRound } from './takeRound';
import { takeSet } from './takeSet';
import type { Activity } from './services';

/** Every activity there is; functions/ registers them with the host. */
export const activities: readonly Activity[] = [
  planRollout,
  readControl,
  recordWait,
  openPhase,
  decidePhaseGate,
  readCompletion,
  closeRollout,
  readRegion,
  chooseRound,
  takeRound,
  takeSet,
  lookAtSet,
  advanceRound,
  recordRound,
  endRounds,
  startOrderedInstall,
  collectInstall,
  probeHealth,
  startAssessments,
  collectAssessments,
  listDueAssessments,
  readDueAssessments,
  planCatchUps,
  settleClaim,
  collectOutdatedExtensions,
  readEnablement,
  startExtension,
  collectExtension,
];
