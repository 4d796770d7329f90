import { Argument, Option, type Command } from 'commander';
import { OutcomeKind } from '../../domain/reasons';
import { fleetFile, month, wholeNumber } from '../optionValues';
import {
  askingHost,
  REPORTS,
  selecting,
  withTable,
  type Ended,
  type MakeCommand,
  type Report,
} from './commandOptions';
import { runCompliance, type ComplianceOptions } from './compliance';
import { runPreview } from './preview';
import { runFleet, runForecast } from './fleetAndForecast';
import { runWhy } from './why';

/** What is asked of a host and changes nothing. */
export function addQuestions(program: Command, ended: Ended, make: MakeCommand): void {
  addPreview(program, ended, make);
  addWhyAndForecast(program, ended, make);
  addFleet(program, ended, make);
  addCompliance(program, ended, make);
}

function addPreview(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    withTable(
      make(program, 'preview', 'preview a month with its dates; changes nothing', [
        'npm run lowtide -- preview --tag app=shop',
        'npm run lowtide -- preview --month 2026-12 --against previousMonth',
        'npm run lowtide -- preview --policy slower.yaml',
        'npm run lowtide -- preview --file fleets/contoso.json --against previousMonth',
      ]),
    ),
  )
    .option('--month <YYYY-MM>', 'month of the release; default: the next', month)
    .addOption(new Option('--against <plan>', 'compare with that plan').choices(['previousMonth']))
    .option(
      '--policy <file>',
      'compare with a policy that differs in these members, written as in a policy file',
    )
    .option('--fleet <file>', 'compare with this fleet file', fleetFile)
    .option(
      '--file <fleet>',
      'without a host: from this fleet file and the settings of this machine',
      fleetFile,
    )
    .option('--settings <file>', 'with --file: settings that override local.settings.json')
    .option('--vms', 'show every VM with its dates')
    .action(async (options: Parameters<typeof runPreview>[0]) => {
      ended(await runPreview(options));
    });
}

function addWhyAndForecast(program: Command, ended: Ended, make: MakeCommand): void {
  orFleetFile(
    askingHost(
      make(program, 'why', 'say why a VM was not patched, when it was, and when it will be', [
        'npm run lowtide -- why web-01',
        'npm run lowtide -- why web-01 --file fleets/contoso.json --month 2026-12',
      ]),
    )
      .argument('<vm>', 'its name, or its full ARM id')
      .option('--live', 'also ask the platform for power, agent and health'),
  ).action(async (vm: string, options: Parameters<typeof runWhy>[1]) => {
    ended(await runWhy(vm, options));
  });
  orFleetFile(
    selecting(
      withTable(
        make(program, 'forecast', 'say which VMs miss their 30 days, and why', [
          'npm run lowtide -- forecast --by tag:app',
          'npm run lowtide -- forecast --state atRisk --csv > risk.csv',
          'npm run lowtide -- forecast --file fleets/contoso.json --by family',
        ]),
      ),
    ).option('--by <what>', 'count by region, subscription, family or tag:NAME', 'region'),
  )
    .option('--as-of <instant>', 'as of this day or instant in UTC; default: now')
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
}

/** What is answered without a host, too: of the month of a fleet file. */
const orFleetFile = (command: Command): Command =>
  command
    .option(
      '--file <fleet>',
      'without a host: from the plan for this fleet file and the settings of this machine',
      fleetFile,
    )
    .option('--settings <file>', 'with --file: settings that override local.settings.json')
    .option('--month <YYYY-MM>', 'with --file: month of the release; default: the next', month);

function addFleet(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    withTable(
      make(program, 'fleet', 'list the VMs and their outcomes, filtered, sorted or counted', [
        'npm run lowtide -- fleet --region eastus --kind deferred',
        'npm run lowtide -- fleet --group tag:app',
      ]),
    ),
  )
    .addOption(
      new Option('--kind <kind>', 'only VMs with this outcome; none: without one').choices([
        ...OutcomeKind.options,
        'none',
      ]),
    )
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

/** What an auditor takes away, as a table or a file. */
function addCompliance(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    withTable(
      make(program, 'compliance', 'report outcomes, patches, missing patches and decisions, for an auditor', [
        'npm run lowtide -- compliance outcomes --since 2026-11-01 --csv > outcomes.csv',
        'npm run lowtide -- compliance missing --patch KB5031364 --on 2026-11-20',
        'npm run lowtide -- compliance decisions --what excluded,exclusionLifted --csv',
      ]),
    ),
  )
    .addArgument(new Argument('<report>').choices([...REPORTS]))
    .option('--rollout <id>', 'only this rollout')
    .addOption(new Option('--kind <kind>', 'only outcomes of this kind').choices(OutcomeKind.options))
    .option('--reason <reason>', 'only outcomes with this reason')
    .option('--phase <phase>', 'only outcomes in this phase')
    .option('--since <instant>', 'only from this day or instant in UTC on')
    .option('--until <instant>', 'only before this day or instant')
    .option('--patch <name>', 'patches, missing: only this one, such as KB5031364 or the name of a package')
    .option('--state <state>', 'patches, missing: only rows in this state')
    .option('--on <instant>', 'missing: as of this day or instant in UTC; default: now')
    .option('--what <kinds>', 'decisions: only these kinds, separated by commas')
    .option('--who <name>', 'decisions: only those of this person, or of lowtide')
    .option('--limit <number>', 'rows of a table, at most', wholeNumber(1, 1_000_000), 100)
    .action(async (report: Report, options: ComplianceOptions) => {
      ended(await runCompliance(report, options));
    });
}
