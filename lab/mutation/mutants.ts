import { availabilityMutants } from './availabilityMutants';
import { monthMutants } from './monthMutants';
import type { Mutant } from './mutant';
import { outageMutants } from './outageMutants';
import { rolloutMutants } from './rolloutMutants';
import { storyMutants } from './storyMutants';

export const mutants: readonly Mutant[] = [
  ...availabilityMutants,
  ...storyMutants,
  ...rolloutMutants,
  ...outageMutants,
  ...monthMutants,
];
