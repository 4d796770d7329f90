import { Command, CommanderError, Option } from 'commander';
import { runAudit, type AuditOptions } from './audit';
import { addClient } from './client/clientCommands';
import { asTyped } from './asTyped';
import { command, refuseUnknownBelow } from './describedCommand';
import { addLab } from './labCommands';
import { runVerifyAudit, type VerifyOptions } from './client/verifyAudit';
import { runDriver, type DriverOptions } from './driver';
import { runE2e } from './e2e';
import { runEmulator, type EmulatorOptions } from './emulator';
import { errorText } from './errorText';
import { generatedFleetText } from '../fleets/generateFleet';
import { checkedScenario } from '../local/localApp';
import { runLook, type LookOptions } from './look';
import { baseUrl, fleetFile, month, speed, wholeNumber } from './optionValues';
import { runEnableAzure, type EnableAzureOptions } from './enableAzure';
import { runPlan, type PlanOptions } from './plan';
import { runPlanAzure, type PlanAzureOptions } from './planAzure';
import { runProbeAzure, type ProbeAzureOptions } from './probeAzure';
import { IS_INSTALLED } from '../local/packageRoot';
import { say } from '../local/say';
import { runServe, type ServeOptions } from './serve';
import { runSimulate } from './simulate';
import { runStart, type StartOptions } from './start';
import { LOOK_BASE_URL, START_DEFAULTS } from './startDefaults';

/** 0 done, 1 bad input or a fault, 2 an invariant or a check was violated, 130 interrupted before the end. */
export type ExitCode = 0 | 1 | 2 | 130;

/**
 * Carries out a command line. What goes wrong is written to standard error; nothing is thrown. The modules of the commands are in the list
 * `lazy` of .swcrc: each is loaded when its command runs, so that help and mistakes are answered at once.
 */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withHelp(args, program), { from: 'user' });
    return exitCode;
  } catch (error) {
    // The parser has already printed what was wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    say.error(asTyped(errorText(error)));
    return 1;
  }
}

/** `help plan` is `plan --help`; of a command that is unknown, the parser says so. */
function withHelp(args: readonly string[], { commands }: Command): readonly string[] {
  const [first, ...rest] = args;
  if (first !== undefined && first !== 'help') return args;
  const [about] = rest;
  const isKnown = about === undefined || commands.some((one) => one.name() === about);
  return isKnown ? [...rest, '--help'] : rest;
}

export type Ended = (code: ExitCode) => void;

/** The command line, before anything was typed. */
export function createProgram(ended: Ended): Command {
  const program = new Command('lowtide')
    .description('Availability-first patching for fleets of virtual machines.')
    .usage('<command> [options]')
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .showHelpAfterError('lowtide --help lists the commands.')
    .configureOutput({
      writeOut: (text) => {
        say.text(text);
      },
      writeErr: (text) => {
        say.error(text);
      },
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .exitOverride()
    .addHelpText('after', IS_INSTALLED ? EVERY_COMMAND.replace(OF_THE_REPOSITORY, '') : EVERY_COMMAND);
  addHosts(program, ended);
  addRehearsals(program, ended);
  addTools(program, ended);
  addAzure(program, ended);
  if (!IS_INSTALLED) addLab(program, ended);
  addClient(program, ended, command);
  for (const one of program.commands) {
    refuseUnknownBelow(one);
    for (const each of [one, ...one.commands]) askForRequiredLast(each);
  }
  return program;
}

/** A misspelt option is named before a required one that is missing: often they are the same. */
function askForRequiredLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.mandatory = false;
  command.hook('preAction', () => {
    for (const option of required)
      if (command.getOptionValue(option.attributeName()) === undefined)
        command.error(`error: required option '${option.flags}' not specified`, {
          code: 'commander.missingMandatoryOptionValue',
        });
  });
}

const HELP_WIDTH = 100;

const SUBSCRIPTIONS = [
  '--subscriptions <ids>',
  'ids of subscriptions, separated by commas (default: LOWTIDE_AZURE_SUBSCRIPTIONS)',
] as const;
/** The same for every command that uses the settings of the app. */
const SETTINGS = [
  '--settings <file>',
  'settings that override local.settings.json, in a file of the same form',
] as const;
const VERBOSE = ['--verbose', 'show all that the host and the app write to the log file'] as const;
const STATE = ['--state <folder>', 'folder of its state (default: one under .lowtide)'] as const;
const KEY = ['--key <key>', 'function key, if the host needs one'] as const;

const OF_THE_REPOSITORY = 'From the package: npm start, and npm run <command> -- [options]. ';
const EVERY_COMMAND = `
${OF_THE_REPOSITORY}Each command has its own --help.
Exit codes: 0 done, 1 bad input, 2 an invariant or a check was violated.`;

/** What keeps running until Ctrl-C. */
function addHosts(program: Command, ended: Ended): void {
  command(program, 'start', 'run the latest month on a sample fleet, on a virtual clock', [
    'npm start',
    'npm start -- --scenario bad-patch --seed 7',
  ])
    .option('--fleet <file>', 'fleet to patch', fleetFile, fleetFile(START_DEFAULTS.fleet))
    .option('--scenario <name>', 'which VMs fail, and how: a name in fleets/scenarios, or a file')
    .option('--month <YYYY-MM>', 'month of the release; default: the latest', month)
    .option('--speed <times>', 'times as fast as real time, at most', speed, START_DEFAULTS.speed)
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(0, 65_535), START_DEFAULTS.port)
    .option(
      '--seed <number>',
      "seed of the simulated fleet's random choices",
      wholeNumber(0),
      START_DEFAULTS.seed,
    )
    .option('--keep-going', 'keep virtual time running while a halt waits for your decision')
    .option(...STATE)
    .option(...SETTINGS)
    .option(...VERBOSE)
    .action(async (options: StartOptions) => {
      ended(await runStart(options));
    });
  command(program, 'serve', 'run the app on this machine; only its timers start work', [
    'npm run serve',
    'npm run serve -- --fleet fleets/contoso.json --speed 60 --https',
    'npm run serve -- --fresh --settings local.settings.e2e.json',
  ])
    .option(
      '--fleet <file>',
      'fleet of the simulated Azure; default: that of the last run, or none',
      fleetFile,
    )
    .option('--speed <times>', 'times as fast as real time', speed, 1)
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(0, 65_535), 7071)
    .option('--https', 'serve TLS with its own certificate (Azure clients send no token over http)')
    .option('--fresh', 'delete the state of earlier runs')
    .option(...STATE)
    .option(...SETTINGS)
    .option(...VERBOSE)
    .action(async (options: ServeOptions) => {
      ended(await runServe(options));
    });
  command(program, 'driver', 'serve one simulated fleet to several hosts on this machine', [
    'npm run driver -- --fleet fleets/contoso.json --port 7080',
  ])
    .requiredOption('--fleet <file>', 'fleet of the simulated Azure (required)', fleetFile)
    .option('--seed <number>', "seed of the simulated fleet's random choices", wholeNumber(0), 1)
    .option('--scenario <name>', 'which VMs fail, and how: a name in fleets/scenarios, or a file')
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(0, 65_535), 7080)
    .option('--events <file>', "at the end write the driver's own log there, one JSON object per line")
    .action(async (options: DriverOptions) => {
      ended(await runDriver(options));
    });
  command(program, 'emulator', 'host any Functions v4 app folder, as func start would', [
    'npm run emulator -- --app ../my-app --port 7072',
  ])
    .requiredOption(
      '--app <folder>',
      'folder with package.json, host.json, perhaps local.settings.json (required)',
    )
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(0, 65_535), 7071)
    .option('--journal <file>', 'keep orchestrations in this file across restarts and crashes')
    .option('--https', 'serve TLS with its own certificate')
    .action(async (options: EmulatorOptions) => {
      ended(await runEmulator(options));
    });
}

interface PlanSource {
  readonly azure?: boolean;
}

interface SimulateOptions {
  readonly fleet: string;
  readonly driver?: 'simulated' | 'azure';
  readonly seed: number;
  readonly month: string;
  readonly scenario?: string;
  readonly json?: string;
  readonly events?: string;
  readonly audit?: string;
  readonly settings?: string;
}

/** What looks at a month without a host that keeps running. */
function addRehearsals(program: Command, ended: Ended): void {
  command(program, 'simulate', 'simulate a month on the virtual clock, and audit it', [
    'npm run simulate -- --fleet fleets/contoso.json --seed 1 --month 2026-11',
    'npm run simulate -- --fleet my.json --seed 1 --month 2026-11 --json report.json --events log.jsonl',
  ])
    .requiredOption('--fleet <file>', 'fleet to patch (required)', fleetFile)
    .requiredOption(
      '--seed <number>',
      'the same seed gives the same month, event by event (required)',
      wholeNumber(0),
    )
    .requiredOption('--month <YYYY-MM>', 'month of the release (required)', month)
    .option('--scenario <name>', 'which VMs fail, and how: a name in fleets/scenarios, or a file')
    .addOption(
      new Option('--driver <name>', 'azure: through the Azure SDK and HTTP, against the simulated Azure')
        .choices(['simulated', 'azure'])
        .default('simulated'),
    )
    .option('--json <file>', 'also write the report there')
    .option('--events <file>', "write the driver's own log there, one JSON object per line")
    .option('--audit <file>', "write the rollouts' own audit there, one JSON object per line")
    .option(...SETTINGS)
    .action(async ({ month: of, scenario, ...options }: SimulateOptions) => {
      ended(await runSimulate({ ...options, month: of, scenario: scenario && checkedScenario(scenario) }));
    });
  command(program, 'plan', 'show the order of the VMs and their windows; changes nothing', [
    'npm run plan -- --fleet fleets/contoso.json',
    'npm run plan -- --fleet my.json --month 2026-11 --json plan.json',
    'npm run plan -- --azure --subscriptions 0b1f6471-1bf0-4dda-aec3-cb9272f09590',
  ])
    .option('--fleet <file>', 'fleet to plan', fleetFile)
    .option('--azure', 'the VMs that Azure lists, instead of a file; reads only')
    .option(...SUBSCRIPTIONS)
    .option('--month <YYYY-MM>', 'month of the release; default: the latest', month)
    .option('--json <file>', 'write the whole plan there, with the VM ids of each round')
    .option(...SETTINGS)
    .action(
      async (
        { azure, fleet, ...options }: Partial<PlanOptions> & PlanAzureOptions & PlanSource,
        plan: Command,
      ) => {
        if ((azure === true) === (fleet !== undefined))
          plan.error(`error: give --fleet <file>, or --azure${azure === true ? ': not both' : ''}`, {
            code: 'commander.missingMandatoryOptionValue',
          });
        ended(fleet === undefined ? await runPlanAzure(options) : runPlan({ ...options, fleet }));
      },
    );
  command(program, 'audit', "check a driver's log against the invariants", [
    'npm run audit -- --events log.jsonl --fleet fleets/contoso.json',
    'npm run audit -- --events log.jsonl --fleet my.json --report report.json --audit audit.jsonl',
    'npm run audit -- --base-url http://127.0.0.1:7071',
    'npm run lowtide -- audit --verify',
  ])
    .option('--verify', "read a host's audit, and find rows that were changed, removed or added")
    .option('--url <url>', 'with --verify: the host; default: LOWTIDE_URL', baseUrl)
    .option('--token <token>', 'with --verify: bearer token, if the host needs sign-in')
    .option('--expect <chain=hash...>', 'with --verify: the last hash of a chain, noted earlier')
    .option('--events <file>', 'the log that simulate --events writes')
    .option('--fleet <file>', 'the fleet of the log', fleetFile)
    .option('--base-url <url>', 'a running host with the simulated driver, instead of files')
    .option('--key <key>', 'its function key, if it needs one')
    .option('--report <file>', 'check this report, too (simulate --json writes it)')
    .option('--audit <file>', "check the rollouts' own audit, too (simulate --audit writes it)")
    .option('--json [file]', 'also write the report there as JSON; without a file, print JSON instead')
    .option(...SETTINGS)
    .action(async (options: AuditOptions & VerifyOptions) => {
      ended(options.verify ? await runVerifyAudit(options) : await runAudit(options));
    });
}

function addTools(program: Command, ended: Ended): void {
  command(program, 'fleet-generate', 'generate a fleet as varied as a real one', [
    'npm run --silent fleet:generate -- --vms 10000 --seed 1 > fleet.json',
  ])
    .requiredOption('--vms <number>', 'how many VMs (required)', wholeNumber(1, 1_000_000))
    .requiredOption('--seed <number>', 'the same seed gives the same fleet (required)', wholeNumber(0))
    .action((options: { readonly vms: number; readonly seed: number }) => {
      for (const piece of generatedFleetText(options)) say.text(piece);
    });
  command(program, 'e2e', 'check a running host over HTTP with a whole rollout', [
    'npm run e2e -- --base-url http://127.0.0.1:7071',
  ])
    .requiredOption(
      '--base-url <url>',
      'the host, with the settings of local.settings.e2e.json (required)',
      baseUrl,
    )
    .option(...KEY)
    .action(async (options: { readonly baseUrl: string; readonly key?: string }) => {
      ended(await runE2e(options));
    });
  command(program, 'look', 'print an answer of a running host as text', [
    'npm run --silent look -- /api/rollouts',
    'npm run --silent look -- /api/rollouts/rollout-2026-11/virtual-machines',
  ])
    .argument('<path>', 'path of a route in docs/http-api.md')
    .option('--url <url>', 'the host', baseUrl, LOOK_BASE_URL)
    // Its earlier name, which audit and e2e still use.
    .addOption(new Option('--base-url <url>').argParser(baseUrl).hideHelp())
    .option(...KEY)
    .action(
      async (path: string, { url, baseUrl: named, key }: LookOptions & { readonly baseUrl?: string }) => {
        ended(await runLook(path, { url: named ?? url, key }));
      },
    );
}

/** What speaks with Azure itself. */
function addAzure(program: Command, ended: Ended): void {
  command(program, 'enable-azure', 'hand Azure VMs over to Lowtide; the only command that changes them', [
    'npm run enable:azure -- --subscriptions 0b1f6471-1bf0-4dda-aec3-cb9272f09590 --dry-run',
  ])
    .option(...SUBSCRIPTIONS)
    .option('--vm <ids...>', 'only these VMs, by their resource ids')
    .option('--dry-run', 'show the changes; make none')
    .option(...SETTINGS)
    .action(async (options: EnableAzureOptions) => {
      ended(await runEnableAzure(options));
    });
  command(program, 'probe-azure', 'test undocumented behaviour of Azure on one VM', [
    'npm run probe:azure -- --vm /subscriptions/…/virtualMachines/test-1',
  ])
    .requiredOption('--vm <id>', 'resource id of a VM that may be assessed (required)')
    .option(
      '--url-minutes <number>',
      'how long the URL of the finished operation is polled',
      wholeNumber(0, 1_440),
      15,
    )
    .option('--install', 'also install and reboot: use a VM that you can lose')
    .option(...SUBSCRIPTIONS)
    .option(...SETTINGS)
    .action(async (options: ProbeAzureOptions) => {
      ended(await runProbeAzure(options));
    });
}
