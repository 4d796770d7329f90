/**
 * How often what happens in a fleet that is left alone. Chosen so that a month has some of everything, yet nothing that halts a
 * rollout: what halts one comes from a scenario, on purpose. Shares are of one.
 */
export const RATES = {
  /** Owners who switch VMs off. The rest is always on. */
  offAtNight: 0.03,
  offAtWeekends: 0.02,
  offAWeek: 0.015,
  comesAndGoes: 0.01,
  /** Stopped and forgotten: off for the whole month. */
  parked: 0.008,
  /** VMs whose agent falls silent once in a month, for 2 to 36 hours. */
  agentLostInMonth: 0.012,
  /** Of the patches that are tried. */
  patchFails: 0.001,
  /** Of the installations. */
  installFails: 0.001,
  installHangs: 0.0005,
  /** After an update the platform now and then does not know for some minutes. No VM is unhealthy by itself. */
  healthUnknownAfterUpdate: 0.002,
  /** Of the minutes in which a VM's subscription is asked for something. */
  throttled: 0.002,
  /** A patch that may ask for a reboot does. */
  rebootRequested: 0.5,
  /** Agents that do not update the patch extension by themselves. */
  extensionLags: 0.1,
  /** Without a tag: Windows VMs served by WSUS, and Linux VMs served by a repository of their owner's. */
  wsus: 0.12,
  privateRepository: 0.1,
} as const;
