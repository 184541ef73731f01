// One person: the card, and who held their offices before.
import { useState } from 'preact/hooks';
import type { Person } from '../gen/entente/v1/directory_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { t } from '../i18n';
import { directory, isNotFound } from '../lib/api';
import { officesOf, parties } from '../lib/people';
import type { Place } from '../lib/router';
import { useCall } from '../lib/use-call';
import { holds, me, refreshPerson } from '../lib/session';
import { PersonForm } from '../ui/person-form';
import { Button, Failed, Waiting } from '../ui/basic';
import { OfficeHistory } from '../ui/office-history';
import { RecordPanel } from '../ui/record-panel';
import { PersonCard } from '../ui/person-card';

export function PersonPage({ place }: { place: Place }) {
  const name = 'persons/' + (place.parts[1] ?? '');
  const [editing, setEditing] = useState(false);
  const asked = useCall(name, async () => {
    const person = await directory.getPerson({ name });
    const [known, held] = await Promise.all([parties(), officesOf(person)]);
    return { person, party: known.get(person.party), held };
  });
  if (asked.error && !asked.data) {
    return <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('person')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  if (!asked.data) return <Waiting lines={6} />;
  const { person, party, held } = asked.data;
  const mine = me()?.session.person === person.name || holds(HeldDuty_Duty.FOCAL_POINT, undefined, person.party);
  const replaced = (next: Person) => {
    asked.set({ person: next, party, held });
    refreshPerson(next);
    setEditing(false);
  };
  return (
    <section class="page person-page">
      <p class="above"><a href="#/">{t('nav_find')}</a></p>
      <div class="columns">
        <div>
          {!editing && <PersonCard person={person} party={party} offices={held.flatMap((one) => one.office ? [one.office] : [])} level={1}
            more={mine && <><Button icon="edit" onClick={() => setEditing(true)}>{t('edit_entry')}</Button><Confirm person={person} done={replaced} /></>} />}
          {editing && <><h1 tabIndex={-1} class="unseen">{person.displayName}</h1><PersonForm person={person} saved={replaced} close={() => setEditing(false)} /></>}
        </div>
        <div>
          <h2>{t('office_history')}</h2>
          {held.length === 0 && <p>{t('no_offices')}</p>}
          {held.map((one) => one.office && <OfficeHistory key={one.office.name} office={one.office} party={party} />)}
          <RecordPanel name={name} />
        </div>
      </div>
    </section>
  );
}

function Confirm({ person, done }: { person: Person; done: (person: Person) => void }) {
  const [error, setError] = useState<unknown>();
  const confirm = () => { setError(undefined); return directory.confirmPerson({ name: person.name }).then(done, setError); };
  return (
    <>
      <Button icon="check" onClick={confirm}>{t('still_right')}</Button>
      {error !== undefined && <Failed error={error} />}
    </>
  );
}
