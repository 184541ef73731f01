// What the reader has chosen of this browser: language and light. Nothing of the network is kept here.
import { isLanguage, setLanguage, type Language } from '../i18n';

export type Theme = 'auto' | 'light' | 'dark';

function read(name: string): string | null {
  try {
    return localStorage.getItem('entente.' + name);
  } catch {
    return null; // storage is forbidden: the choice lasts as long as the page
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem('entente.' + name, value);
  } catch { /* as above */ }
}

export function theme(): Theme {
  const kept = read('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}
export function chooseTheme(wanted: Theme): void {
  write('theme', wanted);
  document.documentElement.dataset['theme'] = wanted;
}
export async function chooseLanguage(wanted: Language): Promise<void> {
  await setLanguage(wanted);
  write('language', wanted);
}

export async function startPreferences(): Promise<void> {
  document.documentElement.dataset['theme'] = theme();
  const kept = read('language');
  const first = isLanguage(kept) ? kept : navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  if (first) await setLanguage(first);
}
