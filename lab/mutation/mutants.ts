import { availabilityMutants } from './availabilityMutants';
import { largeFleetMutants } from './largeFleetMutants';
import { monthMutants } from './monthMutants';
import type { Mutant } from './mutant';
import { outageMutants } from './outageMutants';
import { rolloutMutants } from './rolloutMutants';
import { vmMutants } from './vmMutants';

export const mutants: readonly Mutant[] = [
  ...availabilityMutants,
  ...vmMutants,
  ...rolloutMutants,
  ...outageMutants,
  ...largeFleetMutants,
  ...monthMutants,
];
