import {
  featureNameOf,
  featureState,
  optInOf,
  providerState,
  type FeatureFacts,
  type ProviderFacts,
} from '../../domain/features';

const MINUTE = 60_000;
const noRegistration: ProviderFacts = { registrations: [] };
const unknown: FeatureFacts = { registeredMs: null, unregisteredMs: null };
const registered: FeatureFacts = { registeredMs: 10 * MINUTE, unregisteredMs: null };
const provider = (...askedMinutes: readonly number[]): ProviderFacts => ({
  registrations: askedMinutes.map((minute) => ({ askedMs: minute * MINUTE, doneMs: (minute + 1) * MINUTE })),
});

describe('Opting in', () => {
  it('R-602: a feature is NotRegistered, then Registering, then Registered', () => {
    expect(featureState(unknown, 0)).toBe('NotRegistered');
    expect(featureState(registered, 10 * MINUTE - 1)).toBe('Registering');
    expect(featureState(registered, 10 * MINUTE)).toBe('Registered');
  });

  it('is undone by unregistering, which takes a moment, too', () => {
    const removed = { ...registered, unregisteredMs: 20 * MINUTE };
    expect(featureState(removed, 20 * MINUTE - 1)).toBe('Unregistering');
    expect(featureState(removed, 20 * MINUTE)).toBe('Unregistered');
    expect(optInOf(removed, provider(12), 20 * MINUTE - 1)).toBe('notRegistered');
  });

  it('R-603: is complete only when the provider was registered after the feature was', () => {
    expect(optInOf(unknown, provider(1), 99 * MINUTE)).toBe('notRegistered');
    expect(optInOf(registered, noRegistration, 9 * MINUTE)).toBe('registering');
    expect(optInOf(registered, noRegistration, 11 * MINUTE)).toBe('notPropagated');
    expect(optInOf(registered, provider(9), 99 * MINUTE)).toBe('notPropagated');
    expect(optInOf(registered, provider(9, 12), 12.5 * MINUTE)).toBe('propagating');
    expect(optInOf(registered, provider(9, 12), 13 * MINUTE)).toBe('effective');
  });

  it('R-603: stays complete while the provider is registered once more', () => {
    expect(optInOf(registered, provider(12, 50), 50.5 * MINUTE)).toBe('effective');
    expect(providerState(provider(12, 50), 50.5 * MINUTE)).toBe('Registering');
    expect(providerState(provider(12, 50), 51 * MINUTE)).toBe('Registered');
    expect(providerState(noRegistration, 0)).toBe('NotRegistered');
  });

  it('reads names of features without regard to case', () => {
    expect(featureNameOf('inguestpatchvmpreview')).toBe('InGuestPatchVMPreview');
    expect(featureNameOf('InGuestHotPatchVMPreview')).toBeUndefined();
  });
});
