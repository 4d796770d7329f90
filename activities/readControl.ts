import * as contracts from './contracts';
import { askControl } from './control';
import { activity } from './world';

export const readControl = activity(contracts.readControl, askControl);
