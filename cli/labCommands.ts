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
  command(program, 'torture', 'run months with faults, and audit each of them', [
    'npm run torture -- --seeds 100 --vms 200',
    'npm run torture -- --seeds 1 --from 132 --vms 60 --kinds staleRead,operationLost',
    'npm run torture -- --points',
    'npm run torture -- --real --seeds 50',
  ])
    .option('--seeds <number>', 'how many months; with --real, how many kills', wholeNumber(1), 20)
    .option('--vms <number>', 'VMs of each fleet', wholeNumber(1, 10_000), 60)
    .option('--from <number>', 'the first seed', wholeNumber(0), 1)
    .option('--kinds <names>', 'only these kinds of faults, separated by commas; none: no faults')
    .option('--points', 'crash the host after every step of one small rollout')
    .option('--every <number>', 'with --points: after every nth step', wholeNumber(1), 1)
    .option('--alone', 'with --points: one crash per rollout; all of them take hours')
    .option('--real', 'kill -9 the app and its storage repeatedly during a rollout')
    .option('--azure', 'months with the Azure driver, through SDK and HTTP, over a faulty connection')
    .option('--json <file>', 'also write the report there')
    .action(async (options: TortureOptions) => {
      ended(await runTorture(options));
    });
  command(program, 'mutate', 'plant known bugs, one at a time, and see which test notices each', [
    'npm run mutate',
    'npm run mutate -- --only budget',
  ])
    .option('--only <text>', 'only the bugs whose description has this text')
    .option('--json <file>', 'also write the report there')
    .action((options: MutateOptions) => {
      ended(runMutate(options));
    });
  command(program, 'bench', 'measure times, memory and counts, and compare them with their limits', [
    'npm run bench',
    'npm run bench -- --only plan --runs 5',
    'npm run bench -- --gates --months 400',
  ])
    .option('--only <name>', 'one benchmark; an unknown name lists all')
    .option('--gates', 'how many VMs a bad patch breaks before it is halted')
    .option('--storage', 'requests to Azure Storage for an installation')
    .option('--peers', 'durable steps per second, compared with durabletask-js')
    .option('--runs <number>', 'how often each is measured', wholeNumber(1), 3)
    .option('--months <number>', 'with --gates: simulated months for each cell', wholeNumber(1), 1000)
    .option('--vms <number>', 'with --storage: VMs of the fleet', wholeNumber(1), 600)
    .option('--json <file>', 'also write the figures there')
    .action((options: BenchCommandOptions) => runBench(options));
  command(program, 'durable-host', 'host the app on the real durable extension; needs the .NET SDK', [
    'npm run durable-host',
    'npm run e2e -- --base-url http://127.0.0.1:7071',
  ])
    .option('--port <number>', 'port on 127.0.0.1', wholeNumber(1, 65_535), 7071)
    .option('--settings <file>', 'settings, in a file like local.settings.json', 'local.settings.e2e.json')
    .action(async ({ port, settings }: { readonly port: number; readonly settings: string }) => {
      await checkPortFree(port);
      await runDurableHost({ port, settings, signal: interruption() });
    });
  command(program, 'screenshots', 'take screenshots of the dashboard with the Chromium installed here', [
    'npm run screenshots',
    'npm run screenshots -- --docs',
  ])
    .option('--docs', 'only the two of the README')
    .action(({ docs = false }: { readonly docs?: boolean }) => runScreenshots(docs));
}
