/** Where the host keeps what a timer has to say. */
export interface TimerLog {
  log(message: string): void;
  warn(message: string): void;
}
