import { armRoute } from './armRoute';
import { operationAnswer } from './longRunning';

/** The status of an operation, or with `&monitor=true` its result. */
armRoute(
  {
    name: 'armGetOperation',
    route: 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/operations/{id}',
    methods: ['GET'],
    family: 'resources',
  },
  operationAnswer,
);
