import type { ArmContext, ArmRequest } from '../http/armRoute';
import { ArmError } from '../http/armError';

/** 409 MissingSubscriptionRegistration where the provider was never registered. */
export function requireProvider({ subscriptionId }: ArmRequest, { services }: ArmContext): void {
  if (services.driver.resources.providerState(subscriptionId) !== 'NotRegistered') return;
  const code = 'MissingSubscriptionRegistration';
  const message =
    "The subscription is not registered to use namespace 'Microsoft.Compute'. See https://aka.ms/rps-not-found for how to register subscriptions.";
  throw new ArmError(409, code, message, undefined, undefined, [
    { code, target: 'Microsoft.Compute', message },
  ]);
}
