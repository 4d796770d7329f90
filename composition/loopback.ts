import type { HttpRequest } from '@azure/functions';
import { NotAdmitted, type Caller } from './caller';

/** What a header may hold to stand in a row of the audit. */
const CLAIM = /^[\p{L}\p{N} .,@_+-]{1,64}$/u;

/**
 * The caller without any authentication: whatever runs on this machine. A host shows a function no socket, so this goes by the address that
 * the client used: pages of other sites, which a browser on this machine would send requests for, cannot fake it.
 */
export function callerOnLoopback(request: HttpRequest): Caller {
  const url = new URL(request.url);
  const forwarded = (request.headers.get('x-forwarded-for') ?? '').split(',').map((each) => each.trim());
  const host = request.headers.get('host');
  const hosts = [host, ...(request.headers.get('x-forwarded-host') ?? '').split(',')];
  const isHere =
    isLoopback(url.hostname) &&
    [...hosts, ...forwarded].every(
      (name) => (name ?? '').trim() === '' || isLoopback(hostnameOf((name ?? '').trim())),
    );
  if (!isHere)
    throw new NotAdmitted('notOnLoopback', {
      what: 'Lowtide has no authentication configured, and answers this machine only.',
      why: `LOWTIDE_AUTH is none, and the request is for ${host ?? url.host}, or came through a proxy from another machine.`,
      fix: 'Ask http://localhost or http://127.0.0.1, or set LOWTIDE_AUTH to entra or appService (docs/settings.md).',
    });
  const origin = request.headers.get('origin');
  if (origin !== null && !isLoopback(originHost(origin)))
    throw otherSite(origin, 'LOWTIDE_AUTH is none, and any page in a browser on this machine could do that.');
  const claimed = request.headers.get('x-ms-client-principal-name') ?? '';
  const isClaim = CLAIM.test(claimed);
  return {
    name: isClaim ? `anonymous on loopback, says it is '${claimed}'` : 'anonymous on loopback',
    id: isClaim ? `loopback/${claimed}` : 'loopback',
    roles: ['reader', 'operator', 'approver'],
  };
}

/** A browser sends the cookie of App Service's sign-in along with requests that a page of another site makes. */
export function refuseOtherSites(request: HttpRequest): void {
  const origin = request.headers.get('origin');
  if (origin === null || request.method === 'GET' || request.method === 'HEAD') return;
  const own = [
    new URL(request.url).host,
    request.headers.get('host'),
    request.headers.get('x-forwarded-host'),
  ];
  if (!own.includes(origin.replace(/^https?:\/\//i, '')))
    throw otherSite(origin, 'A browser adds the sign-in of its user to it, who may not know.');
}

function otherSite(origin: string, why: string): NotAdmitted {
  return new NotAdmitted('otherSite', {
    what: `The request comes from a page of another site, ${origin}.`,
    why,
    fix: 'Send it from the dashboard of this host, or from a client that is not a browser.',
  });
}

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : '';
}

/** Without the port, of `name:port`, `1.2.3.4:port`, `[::1]:port` or a bare address. */
function hostnameOf(host: string): string {
  const [, bracketed] = /^(\[[^\]]*\])/.exec(host) ?? [];
  if (bracketed !== undefined) return bracketed;
  return host.split(':').length > 2 ? `[${host}]` : (host.split(':')[0] ?? '');
}

function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    /^127(?:\.\d{1,3}){3}$/.test(name) ||
    /^\[(?:::1|::ffff:127(?:\.\d{1,3}){3})\]$/.test(name)
  );
}
