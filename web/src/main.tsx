import { render } from 'preact';
import { App } from './app';
import { endSignIn } from './signIn/codeFlow';
import { applyStoredTheme } from './theme';
import './styles/base.css';
import './styles/parts.css';
import './styles/now.css';
import './styles/health.css';
import './styles/approvals.css';

applyStoredTheme();
const root = document.getElementById('app');
if (root !== null)
  void endSignIn().then((signInFailed) => {
    render(<App signInFailed={signInFailed} />, root);
  });
