import { z } from 'zod';
import { Freeze } from '../../domain/freezes';
import { Selector } from '../../domain/selector';
import { named } from './shared';

named('Selector', Selector, 'Which VMs are meant: all that is given must fit. Nothing given means every VM.');

export const FreezeShape = named(
  'Freeze',
  Freeze.omit({ kind: true }).extend({
    state: z.enum(['planned', 'standing', 'over']),
    /** VMs of the fleet that its selector fits now. */
    vmCount: z.number().int(),
    /** Of what people have said of it: if-match takes it. */
    etag: z.string(),
  }),
  'A time in which nothing new starts on some VMs, because a person said so.',
);
