import type { FeatureName, OptIn } from '../../domain/features';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { ArmError } from '../http/armError';

/** 403 SubscriptionNotRegisteredForFeature unless the subscription's opt-in to the feature is complete. */
export function requireFeature(request: ArmRequest, { services }: ArmContext, feature: FeatureName): void {
  const { subscriptionId } = request;
  const optIn = services.driver.resources.optIn(subscriptionId, feature);
  if (optIn === 'effective') return;
  throw new ArmError(
    403,
    'SubscriptionNotRegisteredForFeature',
    `Subscription ${subscriptionId} is not registered for feature Microsoft.Compute/${feature} required to carry out the requested operation. ${HOW_TO[optIn](subscriptionId, feature)}`,
  );
}

const HOW_TO: Readonly<Record<Exclude<OptIn, 'effective'>, (s: string, feature: FeatureName) => string>> = {
  notRegistered: (s, feature) =>
    `To opt in, POST on /subscriptions/${s}/providers/Microsoft.Features/providers/Microsoft.Compute/features/${feature}/register?api-version=2015-12-01, then register the provider Microsoft.Compute.`,
  registering: () =>
    'The feature is registering, which can take up to 15 minutes; when it is Registered, register the provider Microsoft.Compute.',
  notPropagated: (s) =>
    `The feature is Registered; to complete the opt-in, POST on /subscriptions/${s}/providers/Microsoft.Compute/register?api-version=2020-06-01.`,
  propagating: () =>
    'The provider Microsoft.Compute is registering; the opt-in is complete when it is Registered.',
};
