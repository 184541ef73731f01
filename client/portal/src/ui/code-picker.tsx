// Items of a code list to choose from, long ones by search. They are made when they are first asked for: the browser's collector
// walks what is in the page, and a few lists of sixty were half of all elements beside a table.
import { useMemo, useState } from 'preact/hooks';
import { formatNumber, listed, t } from '../i18n';
import { folded } from '../lib/ask';
import type { Code } from '../lib/structures';

const SHOWN = 60;

interface Picked {
  title: string;
  codes: Code[];
  chosen: string[];
  choose: (ids: string[]) => void;
}

export function CodePicker(picked: Picked) {
  const { title, codes, chosen } = picked;
  const [opened, setOpened] = useState(false);
  // At the press, so that the next Tab finds them; at the toggle, however else it was opened.
  const open = () => setOpened(true);
  return (
    <details class="picker" onToggle={open}>
      <summary onClick={open}><span>{title}</span> <small>{chosen.length === 0 ? t('all') : chosen.length <= 2 ? listed(chosen.map((id) => codes.find((one) => one.id === id)?.title ?? id)) : t('n_chosen', { n: chosen.length })}</small></summary>
      {opened && <Items {...picked} />}
    </details>
  );
}

function Items({ title, codes, chosen, choose }: Picked) {
  const [query, setQuery] = useState('');
  const found = useMemo(() => {
    const words = folded(query).split(/\s+/).filter(Boolean);
    const fits = codes.filter((one) => words.every((word) => folded(`${one.id} ${one.title}`).includes(word)));
    // What is chosen stands first, so that it can be found and undone.
    return [...fits.filter((one) => chosen.includes(one.id)), ...fits.filter((one) => !chosen.includes(one.id))];
  }, [codes, query, chosen]);
  const toggle = (id: string) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <>
      {codes.length > 12 && <input type="search" aria-label={t('search_in', { what: title })} placeholder={t('search_in', { what: title })} value={query} onInput={(event) => setQuery(event.currentTarget.value)} />}
      <ul class="bare" aria-label={title}>
        {found.slice(0, SHOWN).map((one) => (
          <li key={one.id}><label><input type="checkbox" checked={chosen.includes(one.id)} onChange={() => toggle(one.id)} /> {one.title} <small class="quiet-text">{one.id}</small></label></li>
        ))}
      </ul>
      {found.length > SHOWN && <p class="quiet-text">{t('more_by_search', { n: found.length - SHOWN, all: formatNumber(found.length) })}</p>}
      {chosen.length > 0 && <button type="button" class="button quiet" onClick={() => choose([])}>{t('choose_all')}</button>}
    </>
  );
}
