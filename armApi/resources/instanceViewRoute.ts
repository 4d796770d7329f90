import { armRoute } from '../http/armRoute';
import { instanceViewOf } from './instanceView';
import { findVm } from './lookup';

/** the instance view by itself, without the envelope of a resource. */
armRoute(
  {
    name: 'armGetInstanceView',
    route:
      'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/instanceView',
    methods: ['GET'],
    family: 'compute',
  },
  async (request, context) => ({
    status: 200,
    body: await instanceViewOf(context, findVm(request, context), request.apiVersion),
  }),
);
