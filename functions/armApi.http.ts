import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { answerArm } from '../armApi/http/answerArm';
import { armRoutes } from '../armApi/routes';

/** It makes and changes VMs, which only a simulated driver in this process can: with any other there is no such API. */
const isHere = ['', 'simulated'].includes((process.env['LOWTIDE_DRIVER'] ?? '').trim());

for (const route of isHere ? armRoutes : [])
  app.http(route.name, {
    route: route.route,
    methods: [...route.methods],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: (request, context) => answerArm(route, request, context),
  });
