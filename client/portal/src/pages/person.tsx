// One person: the card, and who held their offices before.
import { useState } from 'preact/hooks';
import type { Person } from '../gen/entente/v1/directory_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { comma, formatCivil, t } from '../i18n';
import { directory, isNotFound } from '../lib/api';
import { partyName } from '../lib/names';
import { officeHistory, officesOf, parties } from '../lib/people';
import { linkToRecord, type Place } from '../lib/router';
import type { Held, Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { capacity, officeTitle } from '../lib/words';
import { holds, me, refreshPerson } from '../lib/session';
import { PersonForm } from '../ui/person-form';
import { Button, Failed, Waiting } from '../ui/basic';
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
          {held.map((one) => one.office && <History key={one.office.name} held={one} party={party} />)}
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

export function History({ held, party }: { held: Held; party: Party | undefined }) {
  const office = held.office;
  const asked = useCall(office ? `history ${office.name}` : null, () => officeHistory(office?.name ?? ''));
  if (!office) return null;
  return (
    <section class="card history">
      <h3><a href={linkToRecord(office.name)}>{officeTitle(office)}</a></h3>
      <p class="quiet-text">{partyName(office.party, party)}</p>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={2} />}
      <ol class="timeline">
        {asked.data?.map((one) => one.appointment && (
          <li key={one.appointment.name} class={one.appointment.span?.until ? 'past' : 'present'}>
            <span class="when">{spanInWords(one.appointment.span)}</span>
            <span>{one.person ? <a href={linkToRecord(one.person.name)}><bdi>{one.person.displayName}</bdi></a> : '–'}{comma()}{capacity(one.appointment.capacity)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function spanInWords(span: { since: string; until: string } | undefined): string {
  const since = span?.since ? formatCivil(span.since) : '';
  const until = span?.until ? formatCivil(span.until) : '';
  if (since && until) return t('span_from_until', { since, until });
  if (since) return t('span_since', { since });
  return until ? t('span_until', { until }) : t('span_always');
}
