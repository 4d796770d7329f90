import type { EntityContext } from 'durable-functions';
import { applyVmEvent, newVmState, VmState } from '../domain/vmState';
import { virtualMachine as contract } from './contracts';

/** Per-VM patch state, keyed by `keyOf(vmId)`: what was assessed, installed and decided last. */
export function virtualMachine(context: EntityContext<unknown>): void {
  const { df } = context;
  if (df.operationName !== 'apply')
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a thrown Error reaches the caller as «[object Object]»
    throw `A virtual machine has no operation '${String(df.operationName)}'.`;
  const state = VmState.parse(df.getState(() => newVmState) ?? newVmState);
  df.setState(applyVmEvent(state, contract.operations.apply.input.parse(df.getInput())));
}
