import { availabilityMutants } from './availabilityMutants';
import { azureMutants } from './azureMutants';
import { assessmentMutants } from './assessmentMutants';
import { freezeMutants } from './freezeMutants';
import { largeFleetMutants } from './largeFleetMutants';
import { monthMutants } from './monthMutants';
import type { Mutant } from './mutant';
import { outageMutants } from './outageMutants';
import { rolloutMutants } from './rolloutMutants';
import { scaleMutants } from './scaleMutants';
import { vmMutants } from './vmMutants';

export const mutants: readonly Mutant[] = [
  ...availabilityMutants,
  ...vmMutants,
  ...rolloutMutants,
  ...outageMutants,
  ...assessmentMutants,
  ...freezeMutants,
  ...largeFleetMutants,
  ...scaleMutants,
  ...azureMutants,
  ...monthMutants,
];
