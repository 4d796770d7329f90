import type { Command } from 'commander';
import { askingHost, collect, selecting, type Ended, type MakeCommand } from './commandOptions';
import { runEmergency, type EmergencyOptions } from './emergency';

export function addEmergency(program: Command, ended: Ended, make: MakeCommand): void {
  selecting(
    askingHost(
      make(program, 'emergency', 'roll a few patches out now, beside the month; shows its dates first', [
        'npm run lowtide -- emergency --kb 5044284 --tag app=shop --reason "CVE-2026-1234" --dry-run',
        'npm run lowtide -- emergency --package "openssl*" --reason "CVE-2026-5678"',
        'npm run lowtide -- emergency --security-since 2026-11-17 --hours 18:00-08:00 --reason "Exploited." --yes',
      ]),
    ),
  )
    .requiredOption('--reason <text>', 'why: it goes into the audit (required)')
    .option('--kb <number>', 'this Windows update; several may be given', collect)
    .option('--package <name>', 'this Linux package, * for any characters; several may be given', collect)
    .option('--security-since <day>', 'everything Security that was published since')
    .option('--bake-after-canary <duration>', 'how long the canary phase is watched; PT1H without it')
    .option('--bake <duration>', 'how long each later phase is watched; PT1H without it')
    .option('--hours <HH:MM-HH:MM>', "off-peak hours of its VMs in this rollout; each VM's own without it")
    .option('--ends-after <duration>', 'when it ends, done or not; P7D without it')
    .option('--dry-run', 'show its dates, and start nothing')
    .option('--yes', 'do not ask')
    .action(async (options: EmergencyOptions) => {
      ended(await runEmergency(options));
    });
}
