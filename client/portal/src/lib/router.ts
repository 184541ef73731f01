// Where the reader is, as the fragment of the address: `#/process/igc`. A fragment is never sent to the server, stands
// in no log and no referrer, and one page serves all. It holds names of things, never what someone typed.
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  parts: string[]; // `['process', 'igc']`
  query: URLSearchParams;
}

export function parsePlace(fragment: string): Place {
  const text = fragment.replace(/^#?\/?/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const parts = path.split('/').filter((one) => one !== '').map(decoded);
  return { parts, query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // `%` by itself: a name that nobody has
  }
}

export function linkTo(parts: readonly string[], query?: Record<string, string>): string {
  const path = '#/' + parts.map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

const PAGES: Record<string, string> = { persons: 'person', processes: 'process', offices: 'office', dataflows: 'statistics', documents: 'document', circulations: 'circulation', meetings: 'meeting' };

// `persons/swe.anna` -> the page of it; `processes/igc/bodies/wg-data` -> the page that it stands on.
export function linkToRecord(name: string): string {
  const [collection = '', id = ''] = name.split('/');
  return linkTo([PAGES[collection] ?? '', id].filter(Boolean));
}
export function hasPage(name: string): boolean {
  return Object.hasOwn(PAGES, name.split('/')[0] ?? '');
}

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') {
    location.hash = to;
  } else {
    history.replaceState(null, '', to);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const changed = () => setPlace(parsePlace(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return place;
}
