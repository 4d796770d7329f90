import { Argument, Option, type Command } from 'commander';
import { say } from '../../local/say';
import { baseUrl, month, wholeNumber } from '../optionValues';
import { HOST_URL } from './apiClient';
import { addApprovals } from './controlCommands';
import { completionScript, SHELLS, type Shell } from './completion';
import { runFreezeAdd, runFreezeImport, runFreezeList, runFreezeRemove } from './freezes';
import { runFleet, runForecast, runPreview, runWhy } from './queries';
import {
  runPolicyApply,
  runPolicyDiff,
  runPolicySchema,
  runPolicyShow,
  runPolicyVersions,
} from './policyCommands';
import { runDecision, runRolloutList, runRolloutShow, runRolloutWatch, type DecisionKind } from './rollouts';

type Ended = (code: 0 | 1 | 2) => void;
/** Makes a command with its description and examples, as program.ts does for all. */
export type MakeCommand = (
  parent: Command,
  name: string,
  description: string,
  examples: readonly string[],
) => Command;

/** The options of every command that asks a running host. */
function askingHost(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'the host; LOWTIDE_URL without it')
        .env('LOWTIDE_URL')
        .default(HOST_URL)
        .argParser(baseUrl),
    )
    .addOption(new Option('--key <key>', 'function key, for a host that wants one').env('LOWTIDE_KEY'))
    .addOption(
      new Option('--token <token>', 'bearer token, for a host that asks for sign-in').env('LOWTIDE_TOKEN'),
    )
    .option('--json', 'write JSON');
}

const withTable = (command: Command): Command => askingHost(command).option('--csv', 'write CSV');

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function selecting(command: Command): Command {
  return command
    .option('--subscription <id>', 'only VMs of this subscription')
    .option('--resource-group <name>', 'only VMs of this resource group')
    .option('--region <name>', 'only VMs of this region')
    .option('--tag <name=value>', 'only VMs with this tag; several must all fit', collect)
    .option('--family <family>', 'only VMs of this image family: publisher:offer:sku')
    .option('--set <ARM id>', 'only VMs of this availability set')
    .option('--vm <name or ARM id>', 'only this VM');
}

/** What asks a running host, as an operator does. */
export function addClient(program: Command, ended: Ended, make: MakeCommand): void {
  addQuestions(program, ended, make);
  addRollouts(program, ended, make);
  addFreezes(program, ended, make);
  addPolicy(program, ended, make);
  make(program, 'completion', 'print the completion of these commands for a shell', [
    'source <(lowtide completion bash)',
    'lowtide completion fish > ~/.config/fish/completions/lowtide.fish',
  ])
    .addArgument(new Argument('<shell>').choices([...SHELLS]))
    .action((shell: Shell) => {
      say.text(completionScript(shell, program));
    });
}

function addQuestions(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    withTable(
      make(program, 'preview', 'show what a month will be, with dates; changes nothing', [
        'npm run lowtide -- preview --tag app=shop',
        'npm run lowtide -- preview --month 2026-12 --against previousMonth',
        'npm run lowtide -- preview --policy slower.json',
      ]),
    ),
  )
    .option('--month <YYYY-MM>', 'month of the release; the next without it', month)
    .addOption(new Option('--against <plan>', 'compare with that plan').choices(['previousMonth']))
    .option('--policy <file>', 'compare with a policy of which these members differ (JSON)')
    .option('--fleet <file>', 'compare with this fleet file')
    .option('--vms', 'show every VM with its dates')
    .action(async (options: Parameters<typeof runPreview>[0]) => {
      ended(await runPreview(options));
    });
  askingHost(
    make(program, 'why', 'say why a VM was not patched, or when it was, and when it is next', [
      'npm run lowtide -- why web-01',
    ]),
  )
    .argument('<vm>', 'its name, or its full ARM id')
    .option('--live', 'ask the platform, too, for power, agent and health')
    .action(async (vm: string, options: Parameters<typeof runWhy>[1]) => {
      ended(await runWhy(vm, options));
    });
  selecting(
    withTable(
      make(program, 'forecast', 'say which VMs miss their 30 days, and why', [
        'npm run lowtide -- forecast --by tag:app',
        'npm run lowtide -- forecast --state atRisk --csv > risk.csv',
      ]),
    ),
  )
    .option('--by <what>', 'count by region, subscription, family or tag:NAME', 'region')
    .option('--as-of <instant>', 'as of this day or instant in UTC; now without it')
    .addOption(
      new Option('--state <state>', 'list the VMs in this state').choices([
        'done',
        'onTime',
        'atRisk',
        'late',
        'excluded',
        'notTakingPart',
      ]),
    )
    .action(async (options: Parameters<typeof runForecast>[0]) => {
      ended(await runForecast(options));
    });
  selecting(
    withTable(
      make(program, 'fleet', 'list the VMs and how they stand, filtered, sorted or counted', [
        'npm run lowtide -- fleet --region eastus --kind deferred',
        'npm run lowtide -- fleet --group tag:app',
      ]),
    ),
  )
    .option('--kind <kind>', 'only VMs with this outcome; none for those without one')
    .option('--reason <reason>', 'only VMs with this reason')
    .option('--phase <phase>', 'only VMs of this phase')
    .option('--search <text>', 'only VMs whose name contains this')
    .option('--sort <column>', 'by this column; -column in descending order')
    .option('--group <column>', 'count by this column, or by tag:NAME')
    .option('--limit <number>', 'at most so many', wholeNumber(1, 1_000_000), 50)
    .action(async (options: Parameters<typeof runFleet>[0]) => {
      ended(await runFleet(options));
    });
}

const DECISIONS: readonly (readonly [kind: DecisionKind, description: string])[] = [
  ['pause', 'nothing new starts; what is in flight ends'],
  ['resume', 'go on after a pause or a halt; what it forgives is listed first'],
  ['skip', 'give up what the open halts stopped; its VMs end skipped'],
  ['cancel', 'nothing new starts, ever'],
];

function addRollouts(program: Command, ended: Ended, make: MakeCommand): void {
  const rollouts = withTable(
    make(program, 'rollouts', 'list the rollouts; show, watch or decide about one', [
      'npm run lowtide -- rollouts',
      'npm run lowtide -- rollouts watch',
      'npm run lowtide -- rollouts resume --reason "Looked at both VMs." --yes',
    ]),
  ).action(async (options: Parameters<typeof runRolloutList>[0]) => {
    ended(await runRolloutList(options));
  });
  const ID = ['[id]', 'rollout-YYYY-MM; the latest without it'] as const;
  askingHost(make(rollouts, 'show', 'show one rollout', ['npm run lowtide -- rollouts show rollout-2026-11']))
    .argument(...ID)
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      ended(await runRolloutShow(id, command.optsWithGlobals()));
    });
  askingHost(
    make(rollouts, 'watch', 'watch a rollout until it is over, quietly', [
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
      .requiredOption('--reason <text>', 'why: it goes into the audit (required)')
      .option('--phase <phase>', 'only this phase')
      .option('--region <name>', 'only this region')
      .option('--set <ARM id>', 'only this availability set')
      .option('--vm <ARM id>', 'only this VM')
      .option('--yes', 'do not ask')
      .action(async (id: string | undefined, _options: unknown, command: Command) => {
        ended(await runDecision(kind, id, command.optsWithGlobals()));
      });
  askingHost(
    make(rollouts, 'take-over', 'have this host run a rollout whose host is stopped for good', [
      'npm run lowtide -- rollouts take-over --reason "The old slot is deleted."',
    ]),
  )
    .argument(...ID)
    .requiredOption('--reason <text>', 'why: it goes into the audit (required)')
    .option('--yes', 'do not ask')
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      ended(await runDecision('take-over', id, command.optsWithGlobals()));
    });
  addApprovals(rollouts, ended, make, askingHost);
}

function addFreezes(program: Command, ended: Ended, make: MakeCommand): void {
  const kinds = [
    [
      'freeze',
      'freezes',
      'list freezes; make, import or lift one',
      'year-end --from 2026-12-20 --to 2027-01-02',
    ],
    [
      'exclude',
      'exclusions',
      'list exclusions; make or lift one',
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
        make(parent, 'add', 'make one, or change it', [`npm run lowtide -- ${name} add ${example} ${words}`]),
      ),
    )
      .argument('<id>', 'its name: lower-case letters, digits and hyphens')
      .requiredOption('--from <when>', 'a day, a local time or an instant (required)')
      .requiredOption('--to <when>', 'the same; a day is included (required)')
      .requiredOption('--reason <text>', 'why: it goes into the audit (required)')
      .requiredOption('--owner <who>', 'whose it is (required)')
      .option('--time-zone <name>', "zone of local times; without it each VM's own")
      .action(async (id: string, _options: unknown, command: Command) => {
        ended(await runFreezeAdd(kind, id, command.optsWithGlobals()));
      });
    askingHost(
      make(parent, 'remove', 'lift one; what it held is caught up', [`npm run lowtide -- ${name} remove x`]),
    )
      .argument('<id>', 'its name')
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
        .option('--owner <who>', 'whose they are')
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
      'npm run lowtide -- policy diff p.yaml',
    ]),
  )
    .argument(...FILE)
    .action(async (file: string, _options: unknown, command: Command) => {
      ended(await runPolicyDiff(file, command.optsWithGlobals()));
    });
  askingHost(
    make(policy, 'apply', 'apply a file; it holds within seconds', [
      'npm run lowtide -- policy apply p.yaml --reason r',
    ]),
  )
    .argument(...FILE)
    .requiredOption('--reason <text>', 'why: it goes into the audit (required)')
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
