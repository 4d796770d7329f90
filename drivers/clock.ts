import { Settings } from 'luxon';
import { utcOf } from '../domain/instants';

/**
 * The clock of the app, in milliseconds since 1970: luxon's, which a host may have replaced. It is read at every step; a DateTime each
 * time would cost ten times as much.
 */
export const clockMs = (): number => Settings.now();

/** The same as an ISO instant in UTC. */
export const clockUtc = (): string => utcOf(Settings.now());
