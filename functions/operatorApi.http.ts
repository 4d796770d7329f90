import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { answerOperator } from '../operatorApi/answerOperator';
import { operatorRoutes } from '../operatorApi/routes';

for (const route of operatorRoutes)
  app.http(route.name, {
    route: route.route,
    methods: [...route.methods],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: (request, context) => answerOperator(route, request, context),
  });
