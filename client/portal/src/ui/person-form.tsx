// A person's entry, changed where it stands. What is typed outlasts a failed call, an ended session and a closed tab.
import { create } from '@bufbuild/protobuf';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ContactSchema, Contact_Kind, PersonSchema, type Person } from '../gen/entente/v1/directory_pb';
import { t } from '../i18n';
import { directory } from '../lib/api';
import { useDraft } from '../lib/use-draft';
import { Button, Field } from './basic';
import { NotSaved, useChange, ZoneInput } from './change';
import { Restored } from './restored';

interface Form {
  title: string;
  languages: string;
  timeZone: string;
  contacts: { kind: Contact_Kind; value: string; index: number }[]; // `index`: in the entry; -1: new
}
const KINDS: [Contact_Kind, Parameters<typeof t>[0]][] = [[Contact_Kind.TELEPHONE, 'contact_telephone'], [Contact_Kind.MOBILE, 'contact_mobile'],
  [Contact_Kind.EMAIL, 'contact_email'], [Contact_Kind.FAX, 'contact_fax'], [Contact_Kind.POSTAL, 'contact_postal']];

function formOf(person: Person): Form {
  return {
    title: person.title, languages: person.languages.join(', '), timeZone: person.timeZone,
    contacts: person.contacts.map(({ kind, value }, index) => ({ kind, value, index })),
  };
}

function personOf(form: Form, before: Person): Person {
  return create(PersonSchema, {
    ...before, title: form.title.trim(), timeZone: form.timeZone.trim(),
    languages: form.languages.split(/[,\s]+/).filter(Boolean),
    contacts: form.contacts.filter((one) => one.value.trim() !== '').map(({ kind, value, index }) => {
      const visibility = before.contacts[index]?.visibility;
      return create(ContactSchema, { kind, value: value.trim(), ...(visibility ? { visibility } : {}) });
    }),
  });
}

export function PersonForm({ person, saved, close }: { person: Person; saved: (person: Person) => void; close: () => void }) {
  const changing = useChange(person, () => directory.getPerson({ name: person.name }));
  const { base, busy } = changing;
  const draft = useDraft(`person ${person.name}`, () => formOf(base));
  const { form, change } = draft;
  const title = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);
  const contact = (at: number, part: Partial<Form['contacts'][number]>) =>
    change({ contacts: form.contacts.map((one, index) => index === at ? { ...one, ...part } : one) });
  const giveUp = () => {
    void draft.settle();
    close();
  };
  const save = (event: Event) => {
    event.preventDefault();
    return changing.save(async () => {
      const next = await directory.updatePerson({ person: personOf(form, base) });
      await draft.settle();
      saved(next);
    });
  };
  return (
    <form class="card person-form" onSubmit={save} aria-label={t('edit_entry')}>
      <h2>{t('edit_entry')}</h2>
      <Restored of={draft} />
      <Field label={t('job_title')}>{(props) => <input {...props} ref={title} value={form.title} dir="auto" maxLength={200} onInput={(event) => change({ title: event.currentTarget.value })} />}</Field>
      <Field label={t('languages')} hint={t('languages_hint')}>{(props) => <input {...props} value={form.languages} dir="ltr" onInput={(event) => change({ languages: event.currentTarget.value })} />}</Field>
      <Field label={t('time_zone')}>{(props) => <ZoneInput {...props} value={form.timeZone} typed={(timeZone) => change({ timeZone })} />}</Field>
      <fieldset>
        <legend>{t('contacts')}</legend>
        {form.contacts.map((one, index) => (
          <div class="contact-row" key={index}>
            <select aria-label={t('contact_kind')} value={one.kind} onChange={(event) => contact(index, { kind: Number(event.currentTarget.value) })}>
              {KINDS.map(([kind, key]) => <option key={kind} value={kind}>{t(key)}</option>)}
            </select>
            <input aria-label={t('contact_value', { n: index + 1 })} value={one.value} dir="auto" maxLength={300} onInput={(event) => contact(index, { value: event.currentTarget.value })} />
            <Button kind="quiet" onClick={() => change({ contacts: form.contacts.filter((_, at) => at !== index) })}>{t('remove')}</Button>
          </div>
        ))}
        <Button onClick={() => change({ contacts: [...form.contacts, { kind: Contact_Kind.TELEPHONE, value: '', index: -1 }] })}>{t('add_contact')}</Button>
      </fieldset>
      <NotSaved of={changing} />
      <div class="actions">
        <Button kind="primary" type="submit" busy={busy}>{t('save')}</Button>
        <Button onClick={giveUp}>{t('cancel')}</Button>
      </div>
    </form>
  );
}
