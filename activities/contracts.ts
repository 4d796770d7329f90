/** The names, inputs and outputs of all activities: what orchestrations may know of them. */
export * from './contracts/shared';
export * from './contracts/rollout';
export * from './contracts/rounds';
export * from './contracts/bake';
export * from './contracts/assessments';
export * from './contracts/ledgers';
export * from './contracts/secondChances';
export * from './contracts/inventory';
export * from './contracts/installations';
export * from './contracts/enablement';
