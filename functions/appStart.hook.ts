import { app } from '@azure/functions';
import { startApp } from '../composition/compose';

/** What is thrown here fails the start of the node worker, with its message in the host's log: the host gets no function, and takes no work. */
app.hook.appStart(() => {
  startApp();
});
