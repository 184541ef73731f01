// What the reader reads, from message catalogues. English is the measure: the type of every other catalogue is made of
// it, so that one that lacks a message does not compile.
import { useEffect, useState } from 'preact/hooks';
import { en, type Catalogue, type MessageKey } from './en';

export const LANGUAGES = { en: 'English', fr: 'Français', es: 'Español', ru: 'Русский', de: 'Deutsch', ar: 'العربية' } as const;
export type Language = keyof typeof LANGUAGES;

const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ messages: Catalogue }>> = {
  fr: () => import('./fr'),
  es: () => import('./es'),
  ru: () => import('./ru'),
  de: () => import('./de'),
  ar: () => import('./ar'),
};

let language: Language = 'en';
let messages: Catalogue = en;
let plurals = new Intl.PluralRules('en');
const listeners = new Set<() => void>();

export function isLanguage(text: string | null | undefined): text is Language {
  return typeof text === 'string' && Object.hasOwn(LANGUAGES, text);
}
export function currentLanguage(): Language {
  return language;
}
export function isRightToLeft(): boolean {
  return document.documentElement.dir === 'rtl';
}

export async function setLanguage(wanted: Language): Promise<void> {
  messages = wanted === 'en' ? en : (await loaders[wanted]()).messages;
  language = wanted;
  plurals = new Intl.PluralRules(locale());
  document.documentElement.lang = wanted;
  document.documentElement.dir = wanted === 'ar' ? 'rtl' : 'ltr';
  for (const listener of listeners) listener();
}

export function useLanguage(): Language {
  const [shown, show] = useState(language);
  useEffect(() => {
    const changed = () => show(language);
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, []);
  return shown;
}

type Parameters = Record<string, string | number>;

// The message of a key. `{n}` chooses among forms; every `{name}` is replaced; numbers are written as the language does.
export function t(key: MessageKey, parameters: Parameters = {}): string {
  const message = messages[key];
  const text = typeof message === 'string' ? message : message[plurals.select(Number(parameters['n'] ?? 0))] ?? message.other;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : isolated(value);
  });
}

// A name in another direction does not turn the sentence around it (Unicode's first-strong isolate).
export function isolated(text: string): string {
  return isRightToLeft() || /[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/.test(text) ? `\u2068${text}\u2069` : text;
}

// Names side by side, not a sentence: `Afghanistan, Syria`; each keeps its own direction, and Arabic has a comma of its own.
export function listed(texts: readonly string[]): string {
  return texts.map(isolated).join(comma());
}
export function comma(): string {
  return isRightToLeft() ? '\u060c ' : ', ';
}

// English as the network writes it, the day before the month; Arabic with the digits of telephone numbers and tables.
const LOCALES: Record<string, string> = { en: 'en-GB', ar: 'ar-u-nu-latn' };
export function locale(): string {
  return LOCALES[language] ?? language;
}

const formats = new Map<string, unknown>();
function kept<T>(kind: string, make: () => T): T {
  const key = `${language} ${kind}`;
  if (!formats.has(key)) formats.set(key, make());
  return formats.get(key) as T;
}

export function formatNumber(value: number, digits?: number): string {
  const options = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return kept(`number ${digits}`, () => new Intl.NumberFormat(locale(), options)).format(value);
}
export function formatDay(when: Date): string {
  return kept('day', () => new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'long', year: 'numeric' })).format(when);
}
export function formatMoment(when: Date): string {
  return kept('moment', () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' })).format(when);
}
// `2015`, `2015-03` or `2015-03-01`, as precisely as it is known.
export function formatCivil(text: string): string {
  if (!/^\d{4}(-\d\d){0,2}$/.test(text)) return text; // `1996/1997`, as somebody wrote it
  const [year = 0, month, day] = text.split('-').map(Number);
  if (!month) return String(year);
  const when = new Date(Date.UTC(year, month - 1, day ?? 1));
  const options: Intl.DateTimeFormatOptions = { timeZone: 'UTC', month: 'long', year: 'numeric', ...(day ? { day: 'numeric' } : {}) };
  return kept(`civil ${day ? 'day' : 'month'}`, () => new Intl.DateTimeFormat(locale(), options)).format(when);
}
export function formatAgo(when: Date, now = new Date()): string {
  const seconds = Math.round((when.getTime() - now.getTime()) / 1000);
  const format = kept('ago', () => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }));
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60]];
  for (const [unit, size] of steps) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(0, 'minute');
}
export function languageName(tag: string): string {
  try {
    const name = kept('languages', () => new Intl.DisplayNames(locale(), { type: 'language' })).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale()) + name.slice(1);
  } catch {
    return tag;
  }
}
export function regionName(alpha2: string): string | undefined {
  try {
    return kept('regions', () => new Intl.DisplayNames(locale(), { type: 'region', fallback: 'none' })).of(alpha2);
  } catch {
    return undefined;
  }
}
export function collator(): Intl.Collator {
  return kept('collator', () => new Intl.Collator(locale(), { numeric: true, sensitivity: 'base' }));
}
export function formatList(items: string[]): string {
  return kept('list', () => new Intl.ListFormat(locale(), { type: 'conjunction' })).format(items);
}
