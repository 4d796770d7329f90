import type { Command } from 'commander';
import { command } from './describedCommand';
import { interruption } from './interruption';
import { wholeNumber } from './optionValues';
import { runTorture, type TortureOptions } from './torture';
import { runBench, type BenchCommandOptions } from '../lab/bench/bench';
import { runScreenshots } from '../lab/browser/screenshots';
import { runDurableHost } from '../lab/durableHost/durableHost';
import { checkPortFree } from '../local/portInUse';
import { runMutate, type MutateOptions } from '../lab/mutation/mutate';

/** What those who work on Lowtide run: how well it stands faults and planted bugs, how fast it is, how it looks. */
export function addLab(program: Command, ended: (code: 0 | 1 | 2 | 130) => void): void {
  command(program, 'torture', 'run months in which everything fails, and judge every one of them', [
    'npm run torture -- --seeds 100 --vms 200',
    'npm run torture -- --seeds 1 --from 132 --vms 60 --kinds staleRead,operationLost',
    'npm run torture -- --points',
    'npm run torture -- --real --seeds 50',
  ])
    .option('--seeds <number>', 'how many months; with --real, how many kills', wholeNumber(1), 20)
    .option('--vms <number>', 'VMs of each fleet', wholeNumber(1, 10_000), 60)
    .option('--from <number>', 'the first seed', wholeNumber(0), 1)
    .option('--kinds <names>', 'only these kinds of faults, separated by commas; none for none')
    .option('--points', 'crash the host after every step of one small rollout')
    .option('--every <number>', 'with --points: after one step in so many', wholeNumber(1), 1)
    .option('--alone', 'with --points: one crash a rollout, which takes hours for all of them')
    .option('--real', 'kill -9 the app and its storage, over and over, in the middle of a rollout')
    .option('--azure', 'months with the Azure driver through SDK and HTTP, whose line to Azure is faulty')
    .option('--json <file>', 'write the report there, too')
    .action(async (options: TortureOptions) => {
      ended(await runTorture(options));
    });
  command(program, 'mutate', 'plant known bugs, one after another, and see which test notices each', [
    'npm run mutate',
    'npm run mutate -- --only budget',
  ])
    .option('--only <text>', 'only the bugs whose description has this text')
    .option('--json <file>', 'write the report there, too')
    .action((options: MutateOptions) => {
      ended(runMutate(options));
    });
  command(program, 'bench', 'measure times, memory and counts, and show them beside what they may be', [
    'npm run bench',
    'npm run bench -- --only plan --runs 5',
    'npm run bench -- --gates --months 400',
  ])
    .option('--only <name>', 'one benchmark; a wrong name lists them all')
    .option('--gates', 'how many VMs a bad patch reaches before its gate holds')
    .option('--storage', 'requests to Azure Storage for an installation')
    .option('--peers', 'durable steps a second, beside durabletask-js')
    .option('--runs <number>', 'how often each is measured', wholeNumber(1), 3)
    .option('--months <number>', 'with --gates: simulated months for each cell', wholeNumber(1), 1000)
    .option('--vms <number>', 'with --storage: VMs of the fleet', wholeNumber(1), 600)
    .option('--json <file>', 'write the figures there, too')
    .action((options: BenchCommandOptions) => runBench(options));
  command(program, 'durable-host', 'host the app on the durable extension itself; wants the .NET SDK', [
    'npm run durable-host',
    'npm run e2e -- --base-url http://127.0.0.1:7071',
  ])
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(1, 65_535), 7071)
    .option('--settings <file>', 'settings, in a file like local.settings.json', 'local.settings.e2e.json')
    .action(async ({ port, settings }: { readonly port: number; readonly settings: string }) => {
      await checkPortFree(port);
      await runDurableHost({ port, settings, signal: interruption() });
    });
  command(program, 'screenshots', 'take pictures of the dashboard with a Chromium of this machine', [
    'npm run screenshots',
    'npm run screenshots -- --docs',
  ])
    .option('--docs', 'the two that the README shows, instead of all')
    .action(({ docs = false }: { readonly docs?: boolean }) => runScreenshots(docs));
}
