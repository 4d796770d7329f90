import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { anOptedInApi, aVmBody, COMPUTE, GROUP, SUB, VM, type Api, type Reply } from './api';

type Template = Record<string, unknown> & { readonly resources: Record<string, unknown>[] };
interface Deployment {
  readonly properties: Record<string, unknown> & { template: Template };
}

/** What `az vm create --patch-mode AutomaticByPlatform` of Azure CLI 2.45.0 sent. */
const RECORDED = readFileSync(join(__dirname, 'azVmCreate.json'), 'utf8');
const recorded = (): Deployment => JSON.parse(RECORDED) as Deployment;

const NETWORK = `${GROUP}/providers/Microsoft.Network`;
const DEPLOYMENT = `${SUB}/resourcegroups/myResourceGroup/providers/Microsoft.Resources/deployments/vm_deploy_1`;
const VERSION = 'api-version=2021-04-01';
const IMAGE = `${SUB}/providers/Microsoft.Compute/locations/eastus/publishers/MicrosoftWindowsServer/artifacttypes/vmimage/offers/WindowsServer/skus/2019-Datacenter/versions`;

/** A template of one resource, and nothing but what is given. */
function aTemplate(resource: object, more: object = {}): unknown {
  const one = {
    type: 'Microsoft.Network/virtualNetworks',
    name: 'net',
    apiVersion: '2021-01-01',
    ...resource,
  };
  return { properties: { mode: 'Incremental', template: { resources: [one], ...more } } };
}

describe('R-710: a deployment, as az vm create makes it', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anOptedInApi();
  });
  afterEach(() => api.close());

  const deploy = (body: unknown): Promise<Reply> => api.call('PUT', `${DEPLOYMENT}?${VERSION}`, body);
  const end = async (reply: Reply): Promise<Reply> => {
    const link = (reply.headers['azure-asyncoperation'] ?? '').replace(/^https?:\/\/[^/]+/, '');
    for (let polls = 0; polls < 60; polls += 1) {
      const status = await api.call('GET', link);
      if ((status.body['status'] as unknown) !== 'Running') return status;
      await api.pass(1);
    }
    throw new Error(`${link} does not end`);
  };

  it('R-710: the template of az vm create is deployed, and the VM becomes AutomaticByPlatform', async () => {
    const reply = await deploy(recorded());
    expect(reply.status).toBe(201);
    expect(reply.body['properties']).toMatchObject({ provisioningState: 'Accepted' });
    expect((await api.call('GET', `${DEPLOYMENT}?${VERSION}`)).body['properties']).toMatchObject({
      provisioningState: 'Running',
    });
    expect((await deploy(recorded())).body['error']).toMatchObject({ code: 'DeploymentActive' });
    expect((await end(reply)).body).toEqual({ status: 'Succeeded' });
    const deployed = await api.call('GET', `${DEPLOYMENT}?${VERSION}`);
    expect(deployed.body['properties']).toMatchObject({
      provisioningState: 'Succeeded',
      outputResources: expect.arrayContaining([{ id: VM }]) as unknown,
    });
    expect(JSON.stringify([reply.body, deployed.body])).not.toContain('Secret');

    await api.pass(30 * 60);
    const vm = await api.call('GET', `${VM}?$expand=instanceView`);
    expect(vm.body['properties']).toMatchObject({
      provisioningState: 'Succeeded',
      osProfile: { windowsConfiguration: { patchSettings: { patchMode: 'AutomaticByPlatform' } } },
      instanceView: { patchStatus: { availablePatchSummary: { status: 'Succeeded' } } },
    });
    expect(JSON.stringify(vm.body)).not.toContain('Secret');
  });

  it('a template is read without regard to case, what is in its parameters and variables, too', async () => {
    const { properties } = aVmBody('Linux', { PatchSettings: { PATCHMODE: 'AutomaticByPlatform' } });
    const { osProfile, ...others } = properties as Record<string, unknown>;
    const vm = {
      type: 'Microsoft.Compute/virtualMachines',
      apiVersion: '2021-03-01',
      name: "[parameters('vmName')]",
    };
    const Template = {
      PARAMETERS: { VmName: { Type: 'string', DefaultValue: 'pascal' } },
      Variables: { OsProfile: osProfile },
      Resources: [
        { ...vm, LOCATION: 'eastus', Properties: { ...others, OSPROFILE: "[variables('osprofile')]" } },
      ],
      Outputs: { Name: { TYPE: 'string', VALUE: "[reference('pascal').OsProfile.ComputerName]" } },
    };
    const reply = await deploy({ Properties: { MODE: 'Incremental', Template } });
    expect([reply.status, reply.body['error']]).toEqual([201, undefined]);
    const made = await api.call('GET', `${COMPUTE}/virtualMachines/pascal`);
    expect(made.body['properties']?.['osProfile']).toMatchObject({
      linuxConfiguration: { patchSettings: { patchMode: 'AutomaticByPlatform' } },
    });
  });

  it('R-710: the network of the template is kept, read, listed and deleted, and goes with its group', async () => {
    expect((await api.call('GET', `${NETWORK}/virtualNetworks`)).body).toEqual({ value: [] });
    await end(await deploy(recorded()));
    const nic = await api.call('GET', `${NETWORK}/networkinterfaces/MYVIRTUALMACHINEVMNIC`);
    expect(nic.body).toMatchObject({
      id: `${NETWORK}/networkInterfaces/myVirtualMachineVMNic`,
      name: 'myVirtualMachineVMNic',
      properties: { provisioningState: 'Succeeded', ipConfigurations: [{}] },
    });
    expect((await api.call('GET', `${NETWORK}/virtualNetworks`)).body['value']).toHaveLength(1);
    expect((await api.call('GET', `${NETWORK}/virtualNetworks/none`)).status).toBe(404);
    const other = `${NETWORK}/networkSecurityGroups/mine`;
    expect((await api.call('PUT', other, { location: 'eastus' })).status).toBe(200);
    expect((await api.call('DELETE', other)).status).toBe(200);
    expect((await api.call('DELETE', other)).status).toBe(204);
    await api.call('DELETE', GROUP);
    await api.pass(30);
    await api.prepare();
    expect((await api.call('GET', `${NETWORK}/virtualNetworks`)).body).toEqual({ value: [] });
    expect((await api.call('GET', `${DEPLOYMENT}?${VERSION}`)).body['error']).toMatchObject({
      code: 'DeploymentNotFound',
    });
  });

  it('R-710: validation checks as a deployment does, and creates nothing', async () => {
    const reply = await api.call('POST', `${DEPLOYMENT}/validate?${VERSION}`, recorded());
    expect([reply.status, reply.body['properties']]).toMatchObject([200, { provisioningState: 'Succeeded' }]);
    expect((await api.call('GET', VM)).status).toBe(404);
    expect((await api.call('GET', `${NETWORK}/virtualNetworks`)).body).toEqual({ value: [] });
  });

  it('R-710: the VM of a template is checked as a PUT of it, before anything is created', async () => {
    const text = RECORDED.replace('"enableAutomaticUpdates": true', '"enableAutomaticUpdates": false');
    expect(text).not.toBe(RECORDED);
    const body = JSON.parse(text) as Deployment;
    const vm = body.properties.template.resources.find(({ type }) =>
      String(type).includes('virtualMachines'),
    );
    const put = await api.call('PUT', `${VM}?api-version=2022-11-01`, {
      location: 'eastus',
      properties: vm?.['properties'],
    });
    expect(put.status).toBe(400);
    const reply = await deploy(body);
    expect([reply.status, reply.body['error']]).toMatchObject([
      400,
      { code: 'InvalidTemplateDeployment', details: [put.body['error']] },
    ]);
    expect((await api.call('GET', `${NETWORK}/virtualNetworks`)).body).toEqual({ value: [] });
  });

  it('R-710: the versions of an image are reported', async () => {
    const { body } = await api.call('GET', `${IMAGE}?$top=1&$orderby=name%20desc`);
    expect(body).toMatchObject([{ name: '1.0.0', location: 'eastus' }]);
    expect((await api.call('GET', `${IMAGE}/1.0.0`)).body['properties']).toMatchObject({
      osDiskImage: { operatingSystem: 'Windows' },
    });
    expect((await api.call('GET', `${IMAGE}/0.0.1`)).status).toBe(404);
    expect((await api.call('GET', `${COMPUTE}/images`)).status).toBe(404);
  });

  it('R-710: parameters, variables, concat, resourceId and reference are evaluated', async () => {
    const reply = await deploy({
      properties: {
        mode: 'incremental',
        parameters: { Given: { value: 'a' } },
        template: {
          parameters: {
            given: { type: 'string' },
            other: { type: 'string', defaultValue: "[concat('b', 1)]" },
          },
          variables: { both: "[concat(parameters('given'), '-', parameters('OTHER'))]" },
          resources: [
            {
              type: 'Microsoft.Network/virtualNetworks',
              name: "[variables('both')]",
              apiVersion: '2021-01-01',
              location: 'eastus',
              properties: { text: "[[it''s]", quoted: "[concat('it''s')]" },
            },
          ],
          outputs: {
            id: {
              type: 'string',
              value: "[resourceId('Microsoft.Network/virtualNetworks', variables('both'))]",
            },
            text: { type: 'string', value: "[reference(variables('both')).text]" },
            secret: { type: 'secureString', value: 'Secret' },
          },
        },
      },
    });
    await end(reply);
    const { body } = await api.call('GET', `${DEPLOYMENT}?${VERSION}`);
    expect(body['properties']?.['outputs']).toEqual({
      id: { type: 'string', value: `${NETWORK}/virtualNetworks/a-b1` },
      text: { type: 'string', value: "[it''s]" },
    });
    expect((await api.call('GET', `${NETWORK}/virtualNetworks/a-b1`)).body['properties']).toMatchObject({
      quoted: "it's",
    });
  });

  it.each([
    ['an unknown function', aTemplate({ location: "[uniqueString('x')]" }), "[uniqueString('x')]"],
    ['broken grammar', aTemplate({ location: "[concat('x'" + ']' }), "[concat('x']"],
    ['a parameter that is not there', aTemplate({ name: "[parameters('p')]" }), "[parameters('p')]"],
    ['a circle', aTemplate({ tags: "[variables('v')]" }, { variables: { v: "[variables('v')]" } }), 'circle'],
    ['copies', aTemplate({ copy: { name: 'c', count: 2 } }), "'copy'"],
    ['another type', aTemplate({ type: 'Microsoft.Storage/storageAccounts' }), 'Microsoft.Storage'],
    ['segments', aTemplate({ type: 'Microsoft.Network/a/b' }), 'segment'],
  ])('R-710: %s in a template is InvalidTemplate, and named', async (_what, body, named) => {
    for (const reply of [
      await deploy(body),
      await api.call('POST', `${DEPLOYMENT}/validate?${VERSION}`, body),
    ]) {
      expect([reply.status, reply.body['error']]).toMatchObject([400, { code: 'InvalidTemplate' }]);
      expect(reply.body['error']?.['message']).toContain(named);
    }
  });

  it('R-710: what doubles with every line is refused, and takes no time', async () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`v${n + 1}`, [`[variables('v${n}')]`, `[variables('v${n}')]`]]),
    );
    const reply = await deploy(
      aTemplate({ tags: "[variables('v40')]" }, { variables: { v0: 'x', ...doubled } }),
    );
    expect(reply.body['error']).toMatchObject({ code: 'InvalidTemplate' });
  });

  it('R-710: no template gives a 500', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(
        "[concat(parameters('a'))]",
        "[reference('x').y]",
        '[[',
        '[]',
        '[',
        "['']",
        '__proto__',
      ),
      fc.string({ maxLength: 12 }).map((inner) => `[${inner}]`),
    );
    const value = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined));
    const members = ['type', 'name', 'apiVersion', 'location', 'properties', 'parameters', 'adminPassword'];
    const member = fc.constantFrom(...members, 'outputs', 'variables', 'resources', 'mode', 'id', 'tags');
    await fc.assert(
      fc.asyncProperty(member, member, value, value, async (first, second, a, b) => {
        const body = JSON.parse(RECORDED, (key, was: unknown) =>
          key === first ? a : key === second ? b : was,
        ) as unknown;
        const reply = await api.call('PUT', `${DEPLOYMENT}?${VERSION}`, body);
        await api.pass(10);
        return reply.status < 500 && (reply.status < 400 || reply.body['error'] !== undefined);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 30_000 },
    );
  });
});
