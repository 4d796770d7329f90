import { CURRENT_IMAGES, HOTPATCH_IMAGES } from './currentImages';
import { galleryDefinition } from './imageFamily';
import { fitsMask } from './mask';
import type { Policy } from './policy';
import type { VirtualMachine } from './virtualMachine';

type PlatformImage = NonNullable<VirtualMachine['image']>;

/**
 * R-401, as `publisher:offer:sku`, read without regard to case. The document says RHEL «7.x»; Azure spells its 7.x SKUs `7.2` … `7.8`,
 * `7_9`, and `7-LVM` and `7-RAW` for the latest of them. Other images of RHEL 7 (`79-gen2`, `7-RAW-CI`) are for policy to add.
 */
export const SUPPORTED_IMAGES: readonly string[] = [
  'Canonical:UbuntuServer:18.04-LTS',
  'RedHat:RHEL:7.*',
  'RedHat:RHEL:7_*',
  'RedHat:RHEL:7-LVM',
  'RedHat:RHEL:7-RAW',
  'MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter',
  'MicrosoftWindowsServer:WindowsServer:2016-Datacenter',
  'MicrosoftWindowsServer:WindowsServer:2016-Datacenter-Server-Core',
  'MicrosoftWindowsServer:WindowsServer:2019-Datacenter',
  'MicrosoftWindowsServer:WindowsServer:2019-Datacenter-Core',
];

/** What decides whether an image is supported. */
export type ImagePolicy = Pick<Policy, 'imageProfile' | 'extraImages'>;

/** one of the images of the policy's profile, or one that policy adds. */
export function isSupportedImage(image: PlatformImage, policy: ImagePolicy): boolean {
  let supports = answers.get(policy);
  if (supports === undefined) {
    supports = rememberedByImage((each) => supportedBy(policy, imageName(each)));
    answers.set(policy, supports);
  }
  return supports(image);
}

const answers = new WeakMap<ImagePolicy, (image: PlatformImage) => boolean>();

function supportedBy(policy: ImagePolicy, name: string): boolean {
  return isIn(policy.imageProfile, name) || policy.extraImages.some((mask) => fitsMask(mask, name));
}

/** Images are other people's input: beyond so many the memory starts afresh. */
const IMAGES_MAX = 5_000;

/** A function of publisher, offer and SKU that computes each answer once. To look three texts up costs less than to join them. */
export function rememberedByImage<T>(compute: (image: PlatformImage) => T): (image: PlatformImage) => T {
  const known = new Map<string, Map<string, Map<string, T>>>();
  let count = 0;
  return (image) => {
    const before = known.get(image.sku)?.get(image.offer)?.get(image.publisher);
    if (before !== undefined) return before;
    const answer = compute(image);
    if (count >= IMAGES_MAX) known.clear();
    count = known.size === 0 ? 1 : count + 1;
    const ofSku = known.get(image.sku) ?? new Map<string, Map<string, T>>();
    const ofOffer = ofSku.get(image.offer) ?? new Map<string, T>();
    known.set(image.sku, ofSku.set(image.offer, ofOffer.set(image.publisher, answer)));
    return answer;
  };
}

/** images of galleries are in no profile; policy may name their definitions, as ids. */
export function isSupportedGalleryImage(imageId: string, policy: ImagePolicy): boolean {
  const definition = galleryDefinition(imageId);
  return policy.extraImages.some((mask) => fitsMask(mask, definition));
}

/** Can VMs of this image be patched without a reboot? */
export function supportsHotpatching(image: PlatformImage | null): boolean {
  return image !== null && HOTPATCH_IMAGES.some((mask) => fitsMask(mask, imageName(image)));
}

/** The setting, with its value, that would take in an image of a gallery. */
export function settingThatSupportsGallery(imageId: string): string {
  return `LOWTIDE_EXTRA_IMAGES=${galleryDefinition(imageId)}`;
}

/** The setting, with its value, that would take in an image which is not supported. */
export function settingThatSupports(image: PlatformImage, policy: ImagePolicy): string {
  let setting = settings.get(policy);
  if (setting === undefined) {
    setting = rememberedByImage((each) => settingFor(imageName(each), policy));
    settings.set(policy, setting);
  }
  return setting(image);
}

const settings = new WeakMap<ImagePolicy, (image: PlatformImage) => string>();

function settingFor(name: string, { imageProfile }: ImagePolicy): string {
  const other = PROFILES.find((profile) => profile !== imageProfile && isIn(profile, name));
  return other === undefined ? `LOWTIDE_EXTRA_IMAGES=${name}` : `LOWTIDE_IMAGE_PROFILE=${other}`;
}

function isIn(profile: Policy['imageProfile'], name: string): boolean {
  return profiles[profile].some((mask) => fitsMask(mask, name));
}

/** `publisher:offer:sku`, for people and for matching. */
export function imageName(image: PlatformImage): string {
  return `${image.publisher}:${image.offer}:${image.sku}`;
}

const profiles = {
  specification: SUPPORTED_IMAGES,
  current: [...SUPPORTED_IMAGES, ...CURRENT_IMAGES],
} as const;
const PROFILES = ['specification', 'current'] as const;

const WINDOWS_PUBLISHERS: ReadonlySet<string> = new Set([
  'microsoftwindowsserver',
  'microsoftwindowsdesktop',
  'microsoftsqlserver',
  'microsoftsharepoint',
  'microsoftvisualstudio',
]);

/** The operating system of a platform image, by its publisher: Azure knows it, whoever creates a VM need not say it. */
export function osTypeOfImage(publisher: string): 'Windows' | 'Linux' {
  return WINDOWS_PUBLISHERS.has(publisher.toLowerCase()) ? 'Windows' : 'Linux';
}
