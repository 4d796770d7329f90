import type { z } from 'zod';
import type { AskHook } from '../domain/hooks';
import { emergencyPolicy, type Emergency } from '../domain/emergency';
import { isEmergencyId, RolloutId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { FleetDriver } from '../drivers/driver';
import type { Repositories } from '../store/repositories';
import type { ActivityContract } from './contracts';
import type { Trace } from './traces';

/** Everything an activity may touch. functions/ chooses what stands behind it. */
export interface Services extends Repositories {
  readonly driver: FleetDriver;
  readonly policy: Policy;
  /** Of the emergency rollout that the work is for, whose policy `policy` is then. */
  readonly emergency?: Emergency;
  /** The task hub of the host that this runs on; absent where there is no host. */
  readonly hub?: string;
  /** Asks a hook of the policy; absent where a host cannot: that is a no. */
  readonly askHook?: AskHook;
  /** Absent when nothing is traced. */
  readonly trace?: Trace;
  /** The clock of the host, as an ISO instant in UTC. */
  readonly nowUtc: () => string;
}

/** The services of an invocation that may wake orchestrations. */
export interface WakingServices extends Services {
  /** Wakes a waiting instance, which looks again. Never fails; an instance that is not there (any more) needs no waking. */
  readonly wake: (instanceId: string) => Promise<void>;
}

/** An activity: its contract, and what it does to the services. The input is parsed at this edge, the output where it arrives (`call`). */
export type Activity = ActivityOver<Services, false> | ActivityOver<WakingServices, true>;

interface ActivityOver<S extends Services, Wakes extends boolean> {
  readonly name: string;
  /** Whether it needs the client of its host. */
  readonly wakes: Wakes;
  readonly handler: (services: S) => (raw: unknown) => Promise<unknown>;
}

/** What an activity answers, before it is parsed. */
export type AnswerTo<C extends ActivityContract> = Readonly<z.input<C['output']>>;

type Run<C extends ActivityContract, S extends Services> = (
  services: S,
  input: z.output<C['input']>,
) => Promise<AnswerTo<C>>;

const handlerOf =
  <C extends ActivityContract, S extends Services>(contract: C, run: Run<C, S>) =>
  (services: S) =>
  async (raw: unknown): Promise<unknown> => {
    const input = contract.input.parse(raw) as z.output<C['input']>;
    return run(await servicesOf(services, rolloutIn(input)), input);
  };

/** The rollout that an activity's input names, itself or its round. */
function rolloutIn(input: unknown): string | null {
  const { rolloutId, ref } = input as { rolloutId?: unknown; ref?: { rolloutId?: unknown } };
  const id = rolloutId ?? ref?.rolloutId;
  return typeof id === 'string' ? id : null;
}

/** What an emergency has of its own. */
type OfEmergency = Required<Pick<Services, 'policy' | 'emergency'>>;

/** By inventory and the policy in force: those stay while requests come and go. */
const EMERGENCIES = new WeakMap<
  Services['inventory'],
  WeakMap<Services['policy'], Map<string, OfEmergency>>
>();

/** The services as a rollout has them: an emergency has its own policy. What it was asked for never changes, so its row is read once. */
export async function servicesOf<S extends Services>(services: S, rolloutId: string | null): Promise<S> {
  if (rolloutId === null || !isEmergencyId(rolloutId) || services.emergency !== undefined) return services;
  const known = emergenciesOf(services);
  const found = known.get(rolloutId);
  if (found !== undefined) return { ...services, ...found };
  const control = await services.rollouts.read(RolloutId.parse(rolloutId));
  if (control?.emergency === undefined) return services;
  const { emergency, releasedUtc, endsUtc } = control;
  const policy = emergencyPolicy(services.policy, { emergency, releasedUtc, endsUtc });
  known.set(rolloutId, { policy, emergency });
  return { ...services, policy, emergency };
}

function emergenciesOf({ inventory, policy }: Services): Map<string, OfEmergency> {
  const byPolicy = EMERGENCIES.get(inventory) ?? new WeakMap<Services['policy'], Map<string, OfEmergency>>();
  EMERGENCIES.set(inventory, byPolicy);
  const known = byPolicy.get(policy) ?? new Map<string, OfEmergency>();
  byPolicy.set(policy, known);
  return known;
}

export function activity<C extends ActivityContract>(
  contract: C,
  run: Run<C, Services>,
): ActivityOver<Services, false> {
  return { name: contract.name, wakes: false, handler: handlerOf(contract, run) };
}

/** An activity whose effect changes what orchestrations wait for. */
export function wakingActivity<C extends ActivityContract>(
  contract: C,
  run: Run<C, WakingServices>,
): ActivityOver<WakingServices, true> {
  return { name: contract.name, wakes: true, handler: handlerOf(contract, run) };
}
