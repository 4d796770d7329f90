import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { interrupted } from './interrupted';
import { startLocalApp } from '../local/localApp';
import { readFleet } from '../local/readFleet';
import { readLocalSettings } from '../local/localSettings';
import { say } from '../local/say';
import { STATE_HOME } from '../local/stateFolder';

export interface ServeOptions {
  readonly fleet?: string | undefined;
  readonly speed: number;
  readonly port: number;
  readonly https?: boolean | undefined;
  /** A file such as local.settings.json, over what that says. */
  readonly settings?: string | undefined;
  readonly fresh?: boolean | undefined;
}

const FOLDER = join(STATE_HOME, 'serve');

/** Runs the app with the pocket Azure until Ctrl-C, and goes on from there the next time. Only its timers start anything. */
export async function runServe(options: ServeOptions): Promise<0> {
  const { fleet, speed, port, https = false, settings, fresh = false } = options;
  const vms = fleet === undefined ? null : readFleet(fleet).vms;
  const stopped = interrupted();
  const app = await startLocalApp({
    folder: FOLDER,
    fresh,
    clock: speed === 1 ? { kind: 'real' } : { kind: 'spedUp', speed },
    port,
    https,
    settings: settings === undefined ? {} : readLocalSettings(settings),
    environment: fleet === undefined ? {} : { LOWTIDE_FLEET: resolve(fleet) },
  });
  try {
    const { host } = app;
    say.line(`Lowtide is served at ${host.baseUrl}/; its clock says ${host.nowUtc()}.`);
    if (https) say.line(`Its certificate: ${await saveCertificate(host.baseUrl)}`);
    say.line(
      vms === null
        ? `What it keeps is in ${FOLDER}. POST /api/fleet gives it a fleet.`
        : `Its fleet: ${vms.length} VMs of ${fleet ?? ''}. What it keeps is in ${FOLDER}.`,
    );
    say.line('Ctrl-C ends it.');
    await stopped;
    return 0;
  } finally {
    await app.close();
  }
}

/** Asks the server for its certificate, as any client would, and keeps it where clients can be told to trust it. */
async function saveCertificate(baseUrl: string): Promise<string> {
  const { hostname: host, port } = new URL(baseUrl);
  const raw = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().raw);
      socket.end();
    });
    socket.once('error', reject);
  });
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  const path = join(FOLDER, 'certificate.pem');
  writeFileSync(path, ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
  return path;
}
