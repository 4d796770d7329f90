import { app } from '@azure/functions';
import { answerDashboard } from '../operatorApi/dashboard/answerPage';

app.http('showDashboard', {
  route: 'dashboard/{*path}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: answerDashboard,
});
