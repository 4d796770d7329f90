import * as df from 'durable-functions';
import { disruptionLedger } from '../entities/disruptionLedger';
import { virtualMachine } from '../entities/virtualMachine';

/** Under the names that their states are kept by: never rename one. */
df.app.entity('disruptionLedger', disruptionLedger);
df.app.entity('virtualMachine', virtualMachine);
