/** what a subscription opts in to. */
export type FeatureName = 'InGuestAutoPatchVMPreview' | 'InGuestPatchVMPreview';

/** `InGuestAutoPatchVMPreview` is for AutomaticByPlatform, `InGuestPatchVMPreview` for on-demand assessment. */
export const FEATURES: readonly FeatureName[] = ['InGuestAutoPatchVMPreview', 'InGuestPatchVMPreview'];

export type FeatureState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering' | 'Unregistered';
export type ProviderState = 'NotRegistered' | 'Registering' | 'Registered';

/** ARM reads names without regard to case and answers with its own spelling. */
export function featureNameOf(written: string): FeatureName | undefined {
  return FEATURES.find((name) => name.toLowerCase() === written.toLowerCase());
}

/** What a subscription did about a feature. Instants are in milliseconds since 1970. */
export interface FeatureFacts {
  /** When its registration is complete; null when it was not asked for. */
  readonly registeredMs: number | null;
  /** When its removal is complete; null unless that was asked for after the registration. */
  readonly unregisteredMs: number | null;
}

/** What a subscription did about the Compute provider. */
export interface ProviderFacts {
  /** Each registration: when it was asked for, and when it was complete. In order of time. */
  readonly registrations: readonly { readonly askedMs: number; readonly doneMs: number }[];
}

/** registration takes a while, and GET shows how far it is. */
export function featureState(facts: FeatureFacts, nowMs: number): FeatureState {
  if (facts.unregisteredMs !== null) return nowMs < facts.unregisteredMs ? 'Unregistering' : 'Unregistered';
  if (facts.registeredMs === null) return 'NotRegistered';
  return nowMs < facts.registeredMs ? 'Registering' : 'Registered';
}

/** A provider that is registered again, to propagate a feature, shows that it is at work. */
export function providerState({ registrations }: ProviderFacts, nowMs: number): ProviderState {
  const last = registrations.at(-1);
  if (last === undefined) return 'NotRegistered';
  return nowMs < last.doneMs ? 'Registering' : 'Registered';
}

/** How far the opt-in to a feature is. It can be used only when it is `effective`. */
export type OptIn = 'notRegistered' | 'registering' | 'notPropagated' | 'propagating' | 'effective';

/**
 * a registered feature counts once the provider was registered after it, and that is done: a registration asked for while the
 * feature was still registering did not see it.
 */
export function optInOf(feature: FeatureFacts, provider: ProviderFacts, nowMs: number): OptIn {
  const state = featureState(feature, nowMs);
  if (state === 'Registering') return 'registering';
  if (state !== 'Registered') return 'notRegistered';
  const since = feature.registeredMs ?? Infinity;
  const after = provider.registrations.filter(({ askedMs }) => askedMs >= since);
  if (after.length === 0) return 'notPropagated';
  return after.some(({ doneMs }) => doneMs <= nowMs) ? 'effective' : 'propagating';
}
