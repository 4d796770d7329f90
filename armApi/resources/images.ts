import { osTypeOfImage } from '../../domain/images';
import type { ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError } from '../http/armError';
import type { JsonObject } from '../http/json';

/** before it creates a VM, `az vm create` looks up the newest version of its image. Of each image there is one. */
const VERSION = '1.0.0';
const ALL =
  'subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions';
const family = 'compute';

const listImageVersions: ArmRoute = {
  name: 'armListImageVersions',
  route: ALL,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: (request) => {
    return Promise.resolve({ status: 200, body: [imageBody(request)] });
  },
};

const getImageVersion: ArmRoute = {
  name: 'armGetImageVersion',
  route: `${ALL}/{version}`,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: (request) => {
    const operatingSystem = osTypeOfImage(request.name('publisher'));
    if (![VERSION, 'latest'].includes(request.name('version').toLowerCase())) throw notFound(request);
    const properties = { hyperVGeneration: 'V1', osDiskImage: { operatingSystem }, dataDiskImages: [] };
    return Promise.resolve({ status: 200, body: { ...imageBody(request), properties } });
  },
};

function imageBody({ subscriptionId, name }: ArmRequest): JsonObject {
  const [location, publisher] = [name('location'), name('publisher')];
  const path = `Publishers/${publisher}/ArtifactTypes/VMImage/Offers/${name('offer')}/Skus/${name('sku')}`;
  const id = `/Subscriptions/${subscriptionId}/Providers/Microsoft.Compute/Locations/${location}/${path}/Versions/${VERSION}`;
  return { location, name: VERSION, id };
}

function notFound({ name }: ArmRequest): ArmError {
  return new ArmError(
    404,
    'NotFound',
    `Artifact: VMImage was not found: publisher '${name('publisher')}', offer '${name('offer')}', sku '${name('sku')}'.`,
  );
}

export const imageRoutes: readonly ArmRoute[] = [listImageVersions, getImageVersion];
