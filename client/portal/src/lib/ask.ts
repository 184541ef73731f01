// What somebody means who types `switz labour`, `igc chair` or `arabic norway`: a word may be a name, or a process, a
// language, an office, a topic. First as it stands; then what is recognised becomes a filter; what is then left may be
// a topic.
import { OfficeKind, type Process, type SearchPersonsReply } from '../gen/entente/v1/directory_pb';
import { currentLanguage, languageName, t } from '../i18n';
import { directory } from './api';
import { lastPart } from './names';
import { officeKind } from './words';

export interface Meaning {
  query: string;
  process: string;
  topic: string;
  language: string;
  office: OfficeKind;
}

// Spoken in the network's ministries; others are found by their tag (`sw`).
const TONGUES = ['ar', 'am', 'az', 'be', 'bg', 'bn', 'bs', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'fa', 'fi', 'fr', 'he', 'hi', 'hr', 'hu', 'hy', 'id', 'it',
  'ja', 'ka', 'kk', 'km', 'ko', 'ky', 'lo', 'lt', 'lv', 'mk', 'mn', 'ms', 'my', 'nb', 'ne', 'nl', 'pl', 'ps', 'pt', 'ro', 'ru', 'si', 'sk', 'sl', 'so', 'sq',
  'sr', 'sv', 'sw', 'ta', 'tg', 'th', 'ti', 'tk', 'tr', 'uk', 'ur', 'uz', 'vi', 'zh'];
const OFFICES = [OfficeKind.CHAIR, OfficeKind.FOCAL_POINT, OfficeKind.SECRETARIAT_STAFF, OfficeKind.THEMATIC_COORDINATOR, OfficeKind.SECURITY_OFFICER, OfficeKind.CERTIFICATE_OFFICER];

export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

// What offices and languages are called now, folded: asked of the browser once a language, not with each letter.
let called: { by: string; offices: [string, OfficeKind][]; tongues: [string, string][] } | undefined;
function namesNow() {
  const by = currentLanguage();
  if (called?.by !== by) called = { by, offices: OFFICES.map((one) => [folded(officeKind(one)), one]), tongues: TONGUES.map((one) => [folded(languageName(one)), one]) };
  return called;
}

// The words that name something known become filters.
export function recognise(text: string, processes: readonly Process[]): Meaning {
  const meaning: Meaning = { query: '', process: '', topic: '', language: '', office: OfficeKind.OFFICE_KIND_UNSPECIFIED };
  let rest = ` ${folded(text).split(/\s+/).filter(Boolean).join(' ')} `;
  const take = (phrase: string): boolean => {
    const wanted = ` ${phrase} `;
    if (wanted.trim() === '' || !rest.includes(wanted)) return false;
    rest = rest.replace(wanted, ' ');
    return true;
  };
  for (const process of processes) {
    if (meaning.process === '' && [lastPart(process.name), process.shortName, ...process.otherNames].map(folded).some(take)) meaning.process = process.name;
  }
  const { offices, tongues } = namesNow();
  for (const [name, office] of offices) if (meaning.office === OfficeKind.OFFICE_KIND_UNSPECIFIED && take(name)) meaning.office = office;
  for (const [name, tongue] of tongues) if (meaning.language === '' && take(name)) meaning.language = tongue;
  meaning.query = rest.trim();
  return meaning;
}

// What is tried after one another; of each group all at once, and the first that finds somebody counts.
export function meanings(text: string, process: string, processes: readonly Process[]): Meaning[][] {
  const plain: Meaning = { query: text, process, topic: '', language: '', office: OfficeKind.OFFICE_KIND_UNSPECIFIED };
  const known = recognise(text, processes);
  if (process !== '') known.process = process;
  const recognised = known.query !== folded(text);
  const words = known.query.split(' ').filter(Boolean).slice(0, 6);
  const topics: Meaning[] = [];
  for (let size = 1; size <= words.length; ++size)
    for (let at = 0; at + size <= words.length; ++at)
      topics.push({ ...known, topic: words.slice(at, at + size).join(' '), query: [...words.slice(0, at), ...words.slice(at + size)].join(' ') });
  return [[plain], ...(recognised ? [[known]] : []), topics].filter((group) => group.length > 0);
}

export interface Understood {
  reply: SearchPersonsReply;
  meaning: Meaning;
}

export async function search(text: string, process: string, processes: readonly Process[], signal: AbortSignal): Promise<Understood | undefined> {
  for (const group of meanings(text, process, processes)) {
    const replies = await Promise.all(group.map(async (meaning) => ({ meaning, reply: await directory.searchPersons({ ...meaning, pageSize: 30 }, { signal }) })));
    const found = replies.find((one) => one.reply.found.length > 0);
    if (found) return found;
  }
  return undefined;
}

// How the words were taken, for the reader to see.
export function inFilters(meaning: Meaning, chosen: string): string[] {
  return [
    meaning.process !== '' && meaning.process !== chosen ? t('taken_process', { what: lastPart(meaning.process).toUpperCase() }) : '',
    meaning.office !== OfficeKind.OFFICE_KIND_UNSPECIFIED ? t('taken_office', { what: officeKind(meaning.office) }) : '',
    meaning.language !== '' ? t('taken_language', { what: languageName(meaning.language) }) : '',
    meaning.topic !== '' ? t('taken_topic', { what: meaning.topic }) : '',
  ].filter(Boolean);
}
