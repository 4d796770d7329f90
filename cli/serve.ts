import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { readAppSettings } from '../local/appSettings';
import { withLocalApp, type LocalApp } from '../local/localApp';
import { listFleet } from '../local/readFleet';
import { say } from '../local/say';
import { STATE_HOME } from '../local/stateFolder';
import { wrapText } from '../local/wrap';
import { writeOutput } from '../local/writeOutput';
import { interruption } from './interruption';

export interface ServeOptions {
  readonly fleet?: string | undefined;
  readonly speed: number;
  readonly port: number;
  readonly https?: boolean | undefined;
  /** A file such as local.settings.json, over the values of that. */
  readonly settings?: string | undefined;
  readonly fresh?: boolean | undefined;
  /** Folder of everything it keeps; without it one under .lowtide. */
  readonly state?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/** Whatever it is sent. */
const OWN_FLEET = { isOwnFleet: true } as const;

/** Runs the app with the simulated Azure until Ctrl-C, and goes on from there the next time. Only its timers start anything. */
export async function runServe(options: ServeOptions): Promise<0> {
  const { fleet, speed, port, https = false, settings: file, fresh = false, verbose } = options;
  const stopped = interruption();
  const folder = options.state === undefined ? join(STATE_HOME, 'serve') : resolve(options.state);
  const vmCount = fleet === undefined ? null : listFleet(fleet).vms.length;
  const own: Record<string, string> = fleet === undefined ? {} : { LOWTIDE_FLEET: resolve(fleet) };
  const { values, summary } = readAppSettings({ file, fleet, own, ...(fleet === undefined && OWN_FLEET) });
  say.line(`Starting Azurite and the app. ${summary}`);
  await withLocalApp(
    {
      folder,
      fresh,
      clock: speed === 1 ? { kind: 'real' } : { kind: 'spedUp', speed },
      port,
      https,
      settings: values,
      verbose,
    },
    stopped,
    async (app) => {
      await introduce(app, { https, vmCount, fleet, folder });
      await aborted(stopped);
    },
  );
  return 0;
}

interface Introduction {
  readonly https: boolean;
  readonly vmCount: number | null;
  readonly fleet: string | undefined;
  readonly folder: string;
}

async function introduce({ host }: LocalApp, { https, vmCount, fleet, folder }: Introduction): Promise<void> {
  say.line(`Dashboard: ${host.baseUrl}/dashboard`);
  say.line(wrapText(`Lowtide is served at ${host.baseUrl}/; its clock says ${host.nowUtc()}.`));
  if (https) say.line(`Its certificate: ${await saveCertificate(host.baseUrl, folder)}`);
  say.line(
    wrapText(
      vmCount === null
        ? `What it keeps is in ${folder}. POST /api/fleet gives it a fleet.`
        : `Its fleet: ${vmCount} VMs of ${fleet ?? ''}. What it keeps is in ${folder}.`,
    ),
  );
  say.line('Ctrl-C ends it.');
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => {
      done();
    });
  });
}

/** Reads the certificate from the server, as any client would, and keeps it where clients can be set to trust it. */
async function saveCertificate(baseUrl: string, folder: string): Promise<string> {
  const { hostname: host, port } = new URL(baseUrl);
  const raw = await new Promise<Buffer>((done, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().raw);
      socket.end();
    });
    socket.once('error', reject);
  });
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  const path = join(folder, 'certificate.pem');
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''];
  writeOutput(path, [pem.join('\n')]);
  return path;
}
