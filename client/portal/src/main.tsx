import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/pages.css';
import './styles/print.css';
import { App } from './app';
import { startPreferences } from './lib/preferences';

const root = document.getElementById('app') as HTMLElement;
startPreferences().catch(() => undefined).then(() => render(<App />, root)); // without the words of a language, in English
