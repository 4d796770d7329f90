/**
 * For torture tests: how messages travel. Delays are milliseconds of the host's clock, 0 for none; as they differ, messages overtake
 * each other. What is under way outlives the host: the next one on the same journal delivers it at once.
 */
export interface Transit {
  /** Asked for each message that starts an activity or wakes up an entity or an orchestration. */
  lateMs(to: 'activity' | 'entity' | 'orchestration'): number;
  /** The worker that runs an activity does what it has to and then hangs: so much later the message is delivered to another one. */
  hangsMs(activity: string): number;
}
