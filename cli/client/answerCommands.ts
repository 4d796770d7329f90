import { Argument, type Command } from 'commander';
import {
  runAcceptListing,
  runHookAnswer,
  runHookList,
  runHookShow,
  runNotificationRetry,
  runNotifications,
  runWaive,
} from './answers';
import { askingHost, withTable, type Ended, type MakeCommand } from './commandOptions';

const ROLLOUT = ['--rollout <id>', 'its rollout; default: the latest monthly one'] as const;
const REASON = ['--reason <text>', 'why; recorded in the audit (required)'] as const;
const YES = ['--yes', 'do not ask'] as const;

/** What waits for a person: questions of hooks, notices that did not arrive, VMs and listings that a person answers for. */
export function addAnswers(program: Command, ended: Ended, make: MakeCommand): void {
  addHooks(program, ended, make);
  addNotifications(program, ended, make);
  askingHost(
    make(program, 'waive', 'accept a VM that is unhealthy after its update: it no longer blocks its set', [
      'npm run lowtide -- waive web-01 --reason "Rebuilt by hand."',
    ]),
  )
    .argument('<vm>', 'its name, or its full ARM id')
    .requiredOption(...REASON)
    .option(...YES)
    .action(async (vm: string, options: Parameters<typeof runWaive>[1]) => {
      ended(await runWaive(vm, options));
    });
  askingHost(
    make(program, 'accept-listing', 'accept a listing that was not believed: the fleet is that small', [
      'npm run lowtide -- accept-listing --reason "The test subscription was deleted."',
    ]),
  )
    .requiredOption(...REASON)
    .option(...YES)
    .action(async (options: Parameters<typeof runAcceptListing>[0]) => {
      ended(await runAcceptListing(options));
    });
}

function addHooks(program: Command, ended: Ended, make: MakeCommand): void {
  const hooks = withTable(
    make(program, 'hooks', 'list the questions of hooks; show or answer one', [
      'npm run lowtide -- hooks',
      'npm run lowtide -- hooks answer change-board~phase-4~eastus~zone-1~batch-1~1 no --reason "Change 17 is open."',
    ]),
  ).action(async (options: Parameters<typeof runHookList>[1]) => {
    ended(await runHookList(undefined, options));
  });
  withTable(
    make(hooks, 'list', 'what was asked in a rollout', ['npm run lowtide -- hooks list rollout-2026-11-e1']),
  )
    .argument('[id]', 'its rollout; default: the latest monthly one')
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      ended(await runHookList(id, command.optsWithGlobals()));
    });
  askingHost(
    make(hooks, 'show', 'one question, with the VMs it is about', ['npm run lowtide -- hooks show ASK']),
  )
    .argument('<ask>', 'from the list')
    .option(...ROLLOUT)
    .action(async (ask: string, _options: unknown, command: Command) => {
      ended(await runHookShow(ask, command.optsWithGlobals()));
    });
  askingHost(
    make(hooks, 'answer', 'say yes or no; only a yes lets the rollout go on', [
      'npm run lowtide -- hooks answer ASK yes',
    ]),
  )
    .argument('<ask>', 'from the list')
    .addArgument(new Argument('<answer>').choices(['yes', 'no']))
    .option('--reason <text>', 'why; the reason of the hold after a no')
    .option(...ROLLOUT)
    .action(async (ask: string, answer: 'yes' | 'no', _options: unknown, command: Command) => {
      ended(await runHookAnswer(ask, answer, command.optsWithGlobals()));
    });
}

function addNotifications(program: Command, ended: Ended, make: MakeCommand): void {
  const notifications = withTable(
    make(program, 'notifications', 'list the receivers, and the notices that were not delivered', [
      'npm run lowtide -- notifications',
      'npm run lowtide -- notifications retry rollout-2026-11~40 --receiver on-call',
    ]),
  ).action(async (options: Parameters<typeof runNotifications>[0]) => {
    ended(await runNotifications(options));
  });
  askingHost(
    make(notifications, 'retry', 'have a dead notice tried again', [
      'npm run lowtide -- notifications retry rollout-2026-11~40 --receiver on-call',
    ]),
  )
    .argument('<notice>', 'its id, from the list')
    .requiredOption('--receiver <name>', 'its receiver (required)')
    .action(async (notice: string, _options: unknown, command: Command) => {
      ended(await runNotificationRetry(notice, command.optsWithGlobals()));
    });
}
