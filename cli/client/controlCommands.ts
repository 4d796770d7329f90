import type { Command } from 'commander';
import { runDecision } from './rollouts';

type Ended = (code: 0 | 1 | 2) => void;
/** As `MakeCommand` of clientCommands.ts. */
type Make = (parent: Command, name: string, description: string, examples: readonly string[]) => Command;

const ID = ['[id]', 'its id; the latest monthly one without it'] as const;

/** What approvers say. */
export function addApprovals(
  rollouts: Command,
  ended: Ended,
  make: Make,
  askingHost: (command: Command) => Command,
): void {
  const words = [
    ['approve', 'approve a phase that waits for an approval', 'the first that waits without it'],
    [
      'reject',
      'refuse a phase that waits for an approval: it keeps waiting',
      'the first that waits without it',
    ],
    ['withdraw', 'withdraw an approval: nothing new starts in its phase', 'whose approval it is (required)'],
  ] as const;
  for (const [kind, description, about] of words) {
    const command = askingHost(
      make(rollouts, kind, description, [
        `npm run lowtide -- rollouts ${kind} --phase phase-2 --reason "Looked at the canary."`,
      ]),
    )
      .argument(...ID)
      .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
      .option('--yes', 'do not ask');
    if (kind !== 'withdraw') command.option('--phase <phase>', `which phase; ${about}`);
    else command.requiredOption('--phase <phase>', about);
    command.action(async (id: string | undefined, _options: unknown, self: Command) => {
      ended(await runDecision(kind, id, self.optsWithGlobals()));
    });
  }
}
