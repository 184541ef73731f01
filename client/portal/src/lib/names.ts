// How things are called on the page: a party by its country's name in the reader's language, a text in the nearest
// language there is.
import places from '../atlas/places.json';
import type { Party } from '../gen/entente/v1/directory_pb';
import type { Text } from '../gen/entente/v1/types_pb';
import { currentLanguage, regionName } from '../i18n';

const PLACES = places as unknown as Record<string, [string, number?, number?]>;

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

export function textIn(text: Text | undefined): string {
  const all = text?.byLanguage ?? {};
  return all[currentLanguage()] ?? all['en'] ?? Object.values(all)[0] ?? '';
}

// `parties/SWE` or `SWE`. `known`: as the server knows it, where it was asked.
export function partyName(name: string, known?: Party): string {
  const code = lastPart(name);
  const alpha2 = PLACES[code]?.[0];
  const own = textIn(known?.names);
  const translated = known?.names?.byLanguage[currentLanguage()];
  return translated ?? (alpha2 && regionName(alpha2)) ?? (own || code);
}

export function placeOf(code: string): [number, number] | undefined {
  const [, longitude, latitude] = PLACES[code] ?? [''];
  return longitude === undefined || latitude === undefined ? undefined : [longitude, latitude];
}

export function processName(name: string): string {
  return lastPart(name).toUpperCase();
}

// Characters that steer direction or hide, as names may hold them: shown as what they are not, harmless.
export function plainly(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u000c\u000e-\u001f]/g, '\ufffd');
}

export function telephoneLink(value: string): string {
  return 'tel:' + value.replace(/[^+\d]/g, '');
}

export function mailLink(value: string): string {
  return 'mailto:' + encodeURIComponent(value).replace(/%40/g, '@');
}
