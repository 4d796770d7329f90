import { knownRegions } from '../../domain/regions';
import type { ArmRoute } from '../http/armRoute';
import type { JsonObject } from '../http/json';

/** The one tenant of the simulated Azure. */
const TENANT_ID = '10000000-0000-4000-8000-0000000000aa';

const listSubscriptions: ArmRoute = {
  name: 'armListSubscriptions',
  route: 'subscriptions',
  methods: ['GET'],
  role: 'reader',
  family: 'subscriptions',
  handler: (_request, { services }) =>
    Promise.resolve({
      status: 200,
      body: { value: services.driver.resources.subscriptions().map(subscription) },
    }),
};

/** Every subscription exists: it is made on first use. */
const getSubscription: ArmRoute = {
  name: 'armGetSubscription',
  route: 'subscriptions/{subscriptionId}',
  methods: ['GET'],
  role: 'reader',
  family: 'subscriptions',
  handler: ({ subscriptionId }) => Promise.resolve({ status: 200, body: subscription(subscriptionId) }),
};

const listLocations: ArmRoute = {
  name: 'armListLocations',
  route: 'subscriptions/{subscriptionId}/locations',
  methods: ['GET'],
  role: 'reader',
  family: 'subscriptions',
  handler: ({ subscriptionId }) =>
    Promise.resolve({
      status: 200,
      body: {
        value: knownRegions().map(({ name, displayName }) => ({
          id: `/subscriptions/${subscriptionId}/locations/${name}`,
          name,
          displayName,
          regionalDisplayName: displayName,
        })),
      },
    }),
};

const listTenants: ArmRoute = {
  name: 'armListTenants',
  route: 'tenants',
  methods: ['GET'],
  role: 'reader',
  family: 'subscriptions',
  handler: () =>
    Promise.resolve({
      status: 200,
      body: {
        value: [
          {
            id: `/tenants/${TENANT_ID}`,
            tenantId: TENANT_ID,
            tenantCategory: 'Home',
            displayName: 'Simulated Azure',
            defaultDomain: 'simulated.example',
            countryCode: 'XX',
          },
        ],
      },
    }),
};

function subscription(subscriptionId: string): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    tenantId: TENANT_ID,
    displayName: `Simulated Azure ${subscriptionId.slice(-4)}`,
    state: 'Enabled',
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}

export const subscriptionRoutes: readonly ArmRoute[] = [
  listSubscriptions,
  getSubscription,
  listLocations,
  listTenants,
];
