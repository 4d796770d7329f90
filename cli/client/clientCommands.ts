import { Argument, type Command } from 'commander';
import { month } from '../optionValues';
import { say } from '../../local/say';
import { addAnswers } from './answerCommands';
import { askingHost, selecting, withTable, type Ended, type MakeCommand } from './commandOptions';
import { completionScript, SHELLS, type Shell } from './completion';
import { addApprovals } from './controlCommands';
import { addEmergency } from './emergencyCommand';
import { runFreezeAdd, runFreezeImport, runFreezeList, runFreezeRemove } from './freezes';
import { addQuestions } from './questionCommands';
import {
  runPolicyApply,
  runPolicyDiff,
  runPolicySchema,
  runPolicyShow,
  runPolicyVersions,
} from './policyCommands';
import { runDecision, runRolloutList, runRolloutShow, runRolloutStart, type DecisionKind } from './rollouts';
import { runRolloutWatch } from './watch';

/** What asks a running host, as an operator does. */
export function addClient(program: Command, ended: Ended, make: MakeCommand): void {
  addQuestions(program, ended, make);
  addRollouts(program, ended, make);
  addEmergency(program, ended, make);
  addFreezes(program, ended, make);
  addPolicy(program, ended, make);
  addAnswers(program, ended, make);
  make(program, 'completion', 'print the completion of these commands for a shell', [
    'source <(lowtide completion bash)',
    'lowtide completion fish > ~/.config/fish/completions/lowtide.fish',
  ])
    .addArgument(new Argument('<shell>').choices([...SHELLS]))
    .action((shell: Shell) => {
      say.text(completionScript(shell, program));
    });
}

const DECISIONS: readonly (readonly [kind: DecisionKind, description: string])[] = [
  ['pause', 'start nothing new; let running installations end'],
  ['resume', 'continue after a pause or a halt; lists first what it forgives'],
  ['skip', 'end the scopes of the open halts; their VMs are skipped'],
  ['cancel', 'end the rollout: nothing new starts'],
];

function addRollouts(program: Command, ended: Ended, make: MakeCommand): void {
  const rollouts = withTable(
    make(program, 'rollouts', 'list the rollouts; show, watch or control one', [
      'npm run lowtide -- rollouts',
      'npm run lowtide -- rollouts watch',
      'npm run lowtide -- rollouts resume --reason "Looked at both VMs." --yes',
    ]),
  ).action(async (options: Parameters<typeof runRolloutList>[0]) => {
    ended(await runRolloutList(options));
  });
  const ID = ['[id]', 'rollout-YYYY-MM; default: the latest monthly one'] as const;
  askingHost(make(rollouts, 'show', 'show one rollout', ['npm run lowtide -- rollouts show rollout-2026-11']))
    .argument(...ID)
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      ended(await runRolloutShow(id, command.optsWithGlobals()));
    });
  askingHost(
    make(rollouts, 'watch', 'watch a rollout to its end; prints only changes', [
      'npm run lowtide -- rollouts watch',
    ]),
  )
    .argument(...ID)
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      ended(await runRolloutWatch(id, command.optsWithGlobals()));
    });
  for (const [kind, description] of DECISIONS)
    askingHost(
      make(rollouts, kind, description, [
        `npm run lowtide -- rollouts ${kind} --reason "Lunch." --region eastus`,
      ]),
    )
      .argument(...ID)
      .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
      .option('--phase <phase>', 'only this phase')
      .option('--region <name>', 'only this region')
      .option('--set <name or ARM id>', 'only this availability set')
      .option('--vm <name or ARM id>', 'only this VM')
      .option('--yes', 'do not ask')
      .action(async (id: string | undefined, _options: unknown, command: Command) => {
        ended(await runDecision(kind, id, command.optsWithGlobals()));
      });
  for (const [parent, typed] of [
    [rollouts, 'rollouts take-over'],
    [program, 'take-over'],
  ] as const)
    askingHost(
      make(parent, 'take-over', 'let this host run a rollout of a host that was removed', [
        `npm run lowtide -- ${typed} --reason "The old slot is deleted."`,
      ]),
    )
      .argument(...ID)
      .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
      .option('--yes', 'do not ask')
      .action(async (id: string | undefined, _options: unknown, command: Command) => {
        ended(await runDecision('take-over', id, command.optsWithGlobals()));
      });
  askingHost(
    make(rollouts, 'start', 'start the rollout of a month now, not when its timer does', [
      'npm run lowtide -- rollouts start --month 2026-11',
    ]),
  )
    .option('--month <YYYY-MM>', 'month of the release; default: the latest', month)
    .action(async (_options: unknown, command: Command) => {
      ended(await runRolloutStart(command.optsWithGlobals()));
    });
  addApprovals(rollouts, ended, make, askingHost);
}

function addFreezes(program: Command, ended: Ended, make: MakeCommand): void {
  const kinds = [
    [
      'freeze',
      'freezes',
      'list freezes; create, import or remove one',
      'year-end --from 2026-12-20 --to 2027-01-02',
    ],
    [
      'exclude',
      'exclusions',
      'list exclusions; create or remove one',
      'db-move --vm db-01 --from 2026-11-20 --to 2026-12-04',
    ],
  ] as const;
  for (const [name, kind, description, example] of kinds) {
    const words = `--reason "…" --owner ops@contoso.com`;
    const parent = withTable(
      make(program, name, description, [
        `npm run lowtide -- ${name}`,
        `npm run lowtide -- ${name} add ${example} ${words}`,
      ]),
    ).action(async (options: Parameters<typeof runFreezeList>[1]) => {
      ended(await runFreezeList(kind, options));
    });
    selecting(
      withTable(
        make(parent, 'add', 'create or change one', [`npm run lowtide -- ${name} add ${example} ${words}`]),
      ),
    )
      .argument('<id>', 'its name: lower-case letters, digits and hyphens')
      .requiredOption('--from <when>', 'a day, a local time or an instant (required)')
      .requiredOption('--to <when>', 'the same; a day is included (required)')
      .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
      .requiredOption('--owner <who>', 'its owner (required)')
      .option('--time-zone <name>', 'zone of local times; default: that of each VM')
      .action(async (id: string, _options: unknown, command: Command) => {
        ended(await runFreezeAdd(kind, id, command.optsWithGlobals()));
      });
    askingHost(
      make(parent, 'remove', 'lift one; what it held is caught up', [`npm run lowtide -- ${name} remove x`]),
    )
      .argument('<id>', 'its name')
      .option('--reason <text>', 'why; recorded in the audit')
      .action(async (id: string, _options: unknown, command: Command) => {
        ended(await runFreezeRemove(kind, id, command.optsWithGlobals()));
      });
    if (name === 'freeze')
      selecting(
        withTable(
          make(parent, 'import', 'a freeze of each event of an iCalendar file', [
            'npm run lowtide -- freeze import holidays.ics',
          ]),
        ),
      )
        .argument('<file>', 'an .ics file')
        .option('--owner <who>', 'their owner')
        .action(async (file: string, _options: unknown, command: Command) => {
          ended(await runFreezeImport(file, command.optsWithGlobals()));
        });
  }
}

function addPolicy(program: Command, ended: Ended, make: MakeCommand): void {
  const policy = withTable(
    make(program, 'policy', 'show the policy in force; compare or apply a policy file', [
      'npm run lowtide -- policy',
      'npm run lowtide -- policy diff policy.yaml',
      'npm run lowtide -- policy apply policy.yaml --reason "A longer soak."',
    ]),
  ).action(async (options: Parameters<typeof runPolicyShow>[0]) => {
    ended(await runPolicyShow(options));
  });
  const FILE = ['<file>', 'a policy file, YAML or JSON'] as const;
  withTable(
    make(policy, 'diff', 'what a file would change, and for which VMs', [
      'npm run lowtide -- policy diff policy.yaml',
    ]),
  )
    .argument(...FILE)
    .action(async (file: string, _options: unknown, command: Command) => {
      ended(await runPolicyDiff(file, command.optsWithGlobals()));
    });
  askingHost(
    make(
      policy,
      'apply',
      'show what a file changes, and for which VMs; then apply it: it holds within seconds',
      ['npm run lowtide -- policy apply policy.yaml --reason "A longer soak."'],
    ),
  )
    .argument(...FILE)
    .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
    .option('--yes', 'do not ask (asks only on a terminal)')
    .action(async (file: string, _options: unknown, command: Command) => {
      ended(await runPolicyApply(file, command.optsWithGlobals()));
    });
  withTable(
    make(policy, 'versions', 'the policies that were applied', ['npm run lowtide -- policy versions']),
  ).action(async (_options: unknown, command: Command) => {
    ended(await runPolicyVersions(command.optsWithGlobals()));
  });
  askingHost(
    make(policy, 'schema', 'the JSON Schema of a file', [
      'npm run lowtide -- policy schema > policy.schema.json',
    ]),
  ).action(async (_options: unknown, command: Command) => {
    ended(await runPolicySchema(command.optsWithGlobals()));
  });
}
