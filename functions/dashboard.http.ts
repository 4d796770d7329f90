import { app } from '@azure/functions';
import { answerPage } from '../operatorApi/dashboard/answerPage';

// The page is the same for everybody who may reach the host, and holds no data: what it shows it asks the operator's API for.
app.http('showDashboard', {
  route: 'dashboard/{*path}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request) => answerPage(request),
});
