import type { OperatorRoute } from '../route';
import { listDecisions } from './listDecisions';
import { listMissing } from './listMissing';
import { listOutcomes } from './listOutcomes';
import { listPatches } from './listPatches';

/** What an auditor asks for, as JSON or CSV. */
export const complianceRoutes: readonly OperatorRoute[] = [
  listOutcomes,
  listPatches,
  listMissing,
  listDecisions,
];
