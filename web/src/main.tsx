import { render } from 'preact';
import { App } from './app';
import { applyStoredTheme } from './theme';
import './styles/base.css';
import './styles/parts.css';
import './styles/now.css';

applyStoredTheme();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
