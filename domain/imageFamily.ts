import { z } from 'zod';
import type { VirtualMachine } from './virtualMachine';

/**
 * VMs that get the same update (design section 1): `publisher:offer:sku` of a marketplace image, or the resource id of a gallery image
 * definition, lower-cased and without version.
 */
export const ImageFamily = z.string().min(1).brand<'ImageFamily'>();
export type ImageFamily = z.infer<typeof ImageFamily>;

export interface ImageFacts {
  readonly image: VirtualMachine['image'];
  /** `imageReference.id`: a version or the definition of a gallery image, or a managed image. Null or absent: not known. */
  readonly imageId?: string | null;
  readonly osType: VirtualMachine['osType'];
}

/**
 * VMs whose image is not known (an attached disk) share one family for each operating system: together they are exposed as slowly as one
 * family, which is the careful side.
 */
export function imageFamilyOf({ image, imageId, osType }: ImageFacts): ImageFamily {
  if (imageId !== undefined && imageId !== null && imageId !== '')
    return ImageFamily.parse(galleryDefinition(imageId));
  if (image !== null)
    return ImageFamily.parse(`${image.publisher}:${image.offer}:${image.sku}`.toLowerCase());
  return ImageFamily.parse(`unknown:${(osType ?? 'unknown').toLowerCase()}`);
}

/** The definition of an image of a gallery, lower-cased and without version. */
export function galleryDefinition(imageId: string): string {
  return imageId.toLowerCase().replace(/\/+$/, '').replace(VERSION, '');
}

/** `…/images/web/versions/1.0.3`: of a compute gallery, a shared or a community one. */
const VERSION = /\/versions\/[^/]+$/;
