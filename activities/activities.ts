import { advanceEnablements } from './advanceEnablements';
import { advanceRound } from './advanceRound';
import { chooseRound } from './chooseRound';
import { closeRollout } from './closeRollout';
import { advanceAssessments } from './advanceAssessments';
import { collectAssessment } from './collectAssessment';
import { collectDueAssessments } from './collectDueAssessments';
import { collectInstall } from './collectInstall';
import { collectOutdatedExtensions } from './collectOutdatedExtensions';
import { collectSecondChances } from './collectSecondChances';
import { decidePhaseGate } from './decidePhaseGate';
import { endRounds } from './endRounds';
import { collectMembersDown } from './collectMembersDown';
import { lookAtSet } from './lookAtSet';
import { listDueLedgers } from './listDueLedgers';
import { openPhase } from './openPhase';
import { openRound } from './openRound';
import { readRegion } from './readRegion';
import { planCatchUp } from './planCatchUp';
import { planRollout } from './planRollout';
import { probeHealth } from './probeHealth';
import { readCompletion } from './readCompletion';
import { readControl } from './readControl';
import { recordHookAnswers } from './recordHookAnswers';
import { recordWait } from './recordWait';
import { recordBake } from './recordBake';
import { recordRound } from './recordRound';
import { refreshInventory } from './refreshInventory';
import { releaseWaits } from './releaseWaits';
import { settleClaim } from './settleClaim';
import { recordLedgersDue } from './recordLedgersDue';
import { startAssessment } from './startAssessment';
import { startOrderedInstall } from './startOrderedInstall';
import { takeRound } from './takeRound';
import { takeSet } from './takeSet';
import type { Activity } from './services';

/** Every activity there is; functions/ registers them with the host. */
export const activities: readonly Activity[] = [
  planRollout,
  readControl,
  recordHookAnswers,
  recordWait,
  openPhase,
  openRound,
  decidePhaseGate,
  readCompletion,
  closeRollout,
  readRegion,
  chooseRound,
  takeRound,
  takeSet,
  collectMembersDown,
  lookAtSet,
  advanceRound,
  recordRound,
  recordBake,
  endRounds,
  startOrderedInstall,
  collectInstall,
  probeHealth,
  startAssessment,
  collectAssessment,
  advanceAssessments,
  collectDueAssessments,
  collectSecondChances,
  planCatchUp,
  listDueLedgers,
  recordLedgersDue,
  releaseWaits,
  settleClaim,
  refreshInventory,
  collectOutdatedExtensions,
  advanceEnablements,
];
