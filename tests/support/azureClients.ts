import { connect } from 'node:tls';
import { ComputeManagementClient } from '@azure/arm-compute';
import { FeatureClient } from '@azure/arm-features';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';

export const SUBSCRIPTION = '00000000-0000-0000-0000-000000000001';

/** The official clients, as anybody installs them. */
export interface AzureClients {
  readonly compute: ComputeManagementClient;
  readonly features: FeatureClient;
  readonly resources: ResourceManagementClient;
}

const TOKEN = 'a-token-that-is-not-checked';

const credential: TokenCredential = {
  getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.parse('2100-01-01') }),
};

/** The clients, unchanged: all they are given is where Azure is, and whose certificate to trust. */
export async function clientsOverTls(endpoint: string): Promise<AzureClients> {
  const tlsOptions = { ca: await certificateOf(endpoint) };
  return {
    compute: new ComputeManagementClient(credential, SUBSCRIPTION, { endpoint, tlsOptions }),
    features: new FeatureClient(credential, SUBSCRIPTION, { endpoint, tlsOptions }),
    resources: new ResourceManagementClient(credential, SUBSCRIPTION, { endpoint, tlsOptions }),
  };
}

const BEARER_POLICY = 'bearerTokenAuthenticationPolicy';

/** Their own bearer policy refuses http, so another one takes its place; nothing else is changed. */
export function clientsOverHttp(endpoint: string): AzureClients {
  const options = { endpoint, allowInsecureConnection: true };
  const clients = {
    compute: new ComputeManagementClient(credential, SUBSCRIPTION, options),
    features: new FeatureClient(credential, SUBSCRIPTION, options),
    resources: new ResourceManagementClient(credential, SUBSCRIPTION, options),
  };
  for (const { pipeline } of Object.values(clients)) {
    pipeline.removePolicy({ name: BEARER_POLICY });
    pipeline.addPolicy({
      name: BEARER_POLICY,
      sendRequest(request, next) {
        request.headers.set('authorization', `Bearer ${TOKEN}`);
        return next(request);
      },
    });
  }
  return clients;
}

/** Asks the server for its certificate, as a person would who is asked to trust it. */
async function certificateOf(endpoint: string): Promise<string> {
  const { hostname: host, port } = new URL(endpoint);
  const raw = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().raw);
      socket.end();
    });
    socket.once('error', reject);
  });
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
