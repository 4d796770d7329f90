import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { answerArm } from '../armApi/http/answerArm';
import { armRoutes } from '../armApi/routes';

for (const route of armRoutes)
  app.http(route.name, {
    route: route.route,
    methods: [...route.methods],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: (request, context) => answerArm(route, request, context),
  });
