import { z } from 'zod';
import { approvalRoutes } from './approvals';
import { auditRoutes } from './audit';
import { complianceRoutes } from './compliance/complianceRoutes';
import { dashboardRoutes } from './dashboard/dashboardRoutes';
import { explainRoutes } from './explain';
import { fleetRoutes } from './fleetImport';
import { forecastRoutes } from './forecast';
import { forgivenRoutes } from './forgiven';
import { freezeRoutes } from './freezes';
import { hookRoutes } from './hooks';
import { meRoutes } from './me';
import { notificationRoutes } from './notifications';
import { metricsRoutes } from './metrics';
import { policyRoutes } from './policy';
import { previewRoutes } from './preview';
import { rolloutRoutes } from './rollouts';
import { signInRoutes } from './signIn';
import { simulatedRoutes } from './simulated';
import { openApiOf } from './openApi';
import { unservedRoutes } from './unserved';
import { virtualMachineRoutes } from './virtualMachines';
import type { OperatorRoute } from './route';

const served: readonly OperatorRoute[] = [
  ...meRoutes,
  ...signInRoutes,
  ...fleetRoutes,
  ...rolloutRoutes,
  ...approvalRoutes,
  ...hookRoutes,
  ...forgivenRoutes,
  ...virtualMachineRoutes,
  ...dashboardRoutes,
  ...freezeRoutes,
  ...auditRoutes,
  ...complianceRoutes,
  ...notificationRoutes,
  ...explainRoutes,
  ...forecastRoutes,
  ...previewRoutes,
  ...metricsRoutes,
  ...policyRoutes,
  ...simulatedRoutes,
];

const showOpenApi: OperatorRoute = {
  name: 'showOpenApi',
  methods: ['GET'],
  route: 'api/openapi.json',
  query: {},
  role: null,
  description: {
    summary: 'This document.',
    answers: { 200: { about: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
  },
  handler: () => Promise.resolve({ jsonBody: openApiOf(described) }),
};

const described: readonly OperatorRoute[] = [...served, showOpenApi];

/** Every route of the operator's API. A function is registered for each, under its name. */
export const operatorRoutes: readonly OperatorRoute[] = [...described, ...unservedRoutes(described)];
