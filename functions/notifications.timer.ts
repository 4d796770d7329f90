import { app } from '@azure/functions';
import { appServices, startedSettings } from '../composition/compose';
import { notify } from '../notifications/notify';

const EVERY_MINUTE = '0 * * * * *';

// A deployment without receivers need not wake up for it: a minute's tick costs requests and keeps an idle host from sleeping.
if ((process.env['LOWTIDE_NOTIFICATIONS'] ?? '') !== '')
  app.timer('notificationsTimer', {
    schedule: EVERY_MINUTE,
    handler: async (_timer, context) => {
      const services = await appServices();
      const source = `/lowtide/${process.env['WEBSITE_SITE_NAME'] ?? 'local'}`;
      for (const said of await notify(services, startedSettings().notifications, source)) context.warn(said);
    },
  });
