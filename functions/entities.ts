import * as df from 'durable-functions';
import { shortText } from '../composition/shortText';
import { disruptionLedger } from '../entities/disruptionLedger';
import { virtualMachine } from '../entities/virtualMachine';

/** Under the names that their states are kept by: never rename one. */
df.app.entity('disruptionLedger', disruptionLedger(shortText));
df.app.entity('virtualMachine', virtualMachine);
