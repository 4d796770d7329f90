import * as contracts from './contracts';
import { askControl } from './control';
import { activity } from './services';

export const readControl = activity(contracts.readControl, askControl);
