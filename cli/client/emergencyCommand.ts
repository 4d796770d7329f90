import type { Command } from 'commander';
import { askingHost, collect, selecting, type Ended, type MakeCommand } from './commandOptions';
import { runEmergency, type EmergencyOptions } from './emergency';

export function addEmergency(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    askingHost(
      make(
        program,
        'emergency',
        'roll out a few patches now, beside the monthly rollout; shows the dates first',
        [
          'npm run lowtide -- emergency --kb 5044284 --tag app=shop --reason "CVE-2026-1234" --dry-run',
          'npm run lowtide -- emergency --package "openssl*" --reason "CVE-2026-5678"',
          'npm run lowtide -- emergency --security-since 2026-11-17 --hours 18:00-08:00 --reason "Exploited." --yes',
        ],
      ),
    ),
  )
    .requiredOption('--reason <text>', 'why; recorded in the audit (required)')
    .option('--kb <number>', 'this Windows update; repeatable', collect)
    .option('--package <name>', 'this Linux package, * for any characters; repeatable', collect)
    .option('--security-since <day>', 'all Security patches published since')
    .option('--bake-after-canary <duration>', 'bake of the canary phase; default: PT1H')
    .option('--bake <duration>', 'bake of each later phase; default: PT1H')
    .option('--hours <HH:MM-HH:MM>', "off-peak hours of its VMs in this rollout; each VM's own without it")
    .option('--ends-after <duration>', 'when it ends, finished or not; default: P7D')
    .option('--dry-run', 'show its dates; start nothing')
    .option('--yes', 'do not ask')
    .action(async (options: EmergencyOptions) => {
      ended(await runEmergency(options));
    });
}
