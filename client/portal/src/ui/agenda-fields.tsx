// The agenda as it is written: items in their order, each with its time, who leads it and its papers.
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { plainly } from '../lib/names';
import { Button, Field } from './basic';

export interface Named {
  name: string;
  title: string;
}
export interface Choices {
  parties: Named[];
  papers: Named[];
  named: (name: string) => string; // a party or a person in words
}
export interface ItemForm {
  id: string; // empty: new
  title: string;
  starts: string;
  minutes: string;
  lead: string;
  documents: string[];
  discreet: boolean;
}
const ITEMS_MAX = 200; // as the server has it

// Some of a list: chosen one by one, each taken out again by its own button.
export function AddTo({ label, all, chosen, named, choose }: { label: string; all: Named[]; chosen: string[]; named: (name: string) => string; choose: (next: string[]) => void }) {
  const left = all.filter((one) => !chosen.includes(one.name));
  return (
    <div class="singles">
      <label>{label} <select value="" disabled={left.length === 0} onChange={(event) => { const name = event.currentTarget.value; event.currentTarget.value = ''; if (name !== '') choose([...chosen, name]); }}>
        <option value="">{t('choose')}</option>{left.map((one) => <option key={one.name} value={one.name}>{one.title}</option>)}
      </select></label>
      {chosen.map((one) => <Button key={one} kind="quiet" icon="close" aria-label={t('remove_what', { what: named(one) })} onClick={() => choose(chosen.filter((other) => other !== one))}>{named(one)}</Button>)}
    </div>
  );
}

export function AgendaFields({ items, choices, timed, choose }: { items: ItemForm[]; choices: Choices; timed: boolean; choose: (next: ItemForm[]) => void }) {
  const change = (at: number, part: Partial<ItemForm>) => choose(items.map((one, index) => index === at ? { ...one, ...part } : one));
  const move = (at: number, step: number) => {
    const next = [...items];
    const [one] = next.splice(at, 1);
    if (one) next.splice(at + step, 0, one);
    choose(next);
  };
  // Who adds an item goes on with its title.
  const list = useRef<HTMLOListElement>(null);
  const added = useRef(false);
  useEffect(() => {
    if (added.current) list.current?.querySelector<HTMLInputElement>('li:last-child input')?.focus();
    added.current = false;
  }, [items.length]);
  const paperTitle = (name: string) => choices.papers.find((one) => one.name === name)?.title ?? name;
  return (
    <section aria-label={t('agenda')}>
      <h2>{t('agenda')}</h2>
      <ol class="bare agenda-fields" ref={list}>{items.map((one, at) => {
        const called = one.title.trim() === '' ? t('item_n', { n: at + 1 }) : plainly(one.title);
        const leads = one.lead === '' || choices.parties.some((party) => party.name === one.lead) ? choices.parties : [{ name: one.lead, title: choices.named(one.lead) }, ...choices.parties];
        return (
          <li key={at}>
            <fieldset>
              <legend>{t('item_n', { n: at + 1 })}</legend>
              <Field label={t('title')}>{(props) => <input {...props} required dir="auto" maxLength={300} value={one.title} onInput={(event) => change(at, { title: event.currentTarget.value })} />}</Field>
              <div class="periods">
                {timed && <Field label={t('begins')}>{(props) => <input {...props} type="datetime-local" value={one.starts} onInput={(event) => change(at, { starts: event.currentTarget.value })} />}</Field>}
                <Field label={t('minutes')}>{(props) => <input {...props} type="number" min={0} max={1440} value={one.minutes} onInput={(event) => change(at, { minutes: event.currentTarget.value })} />}</Field>
                <Field label={t('item_lead')}>{(props) => <select {...props} value={one.lead} onChange={(event) => change(at, { lead: event.currentTarget.value })}><option value="">–</option>{leads.map((party) => <option key={party.name} value={party.name}>{party.title}</option>)}</select>}</Field>
              </div>
              <AddTo label={t('item_papers')} all={choices.papers} chosen={one.documents} named={paperTitle} choose={(documents) => change(at, { documents })} />
              <label class="check"><input type="checkbox" checked={one.discreet} onChange={(event) => change(at, { discreet: event.currentTarget.checked })} /> {t('discreet')}</label>
              <div class="actions">
                <Button kind="quiet" disabled={at === 0} aria-label={t('move_up', { what: called })} onClick={() => move(at, -1)}>↑</Button>
                <Button kind="quiet" disabled={at === items.length - 1} aria-label={t('move_down', { what: called })} onClick={() => move(at, 1)}>↓</Button>
                <Button kind="quiet" icon="close" aria-label={t('remove_what', { what: called })} onClick={() => choose(items.filter((_, index) => index !== at))}>{t('remove')}</Button>
              </div>
            </fieldset>
          </li>
        );
      })}</ol>
      <Button disabled={items.length >= ITEMS_MAX} onClick={() => { added.current = true; choose([...items, { id: '', title: '', starts: '', minutes: '', lead: '', documents: [], discreet: false }]); }}>{t('add_item')}</Button>
    </section>
  );
}
