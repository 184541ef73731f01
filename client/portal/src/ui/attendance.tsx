// Who comes to a meeting, delegation by delegation; who of my own party does, said by its focal points; who is asked,
// said by the secretariat.
import { useState } from 'preact/hooks';
import { Participant_Role, Participant_State, type Participant } from '../gen/entente/v1/meetings_pb';
import { collator, formatNumber, t } from '../i18n';
import { directory, allPages } from '../lib/api';
import { actsForParty, attendance, comes, meetingChanged, registers, roleName, ROLES_TO_CHOOSE, stateName, toneOfState } from '../lib/meetings';
import { lastPart, partyName, plainly, textIn } from '../lib/names';
import { participationsOf, standingOn, today } from '../lib/participations';
import { linkToRecord } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import type { Shown } from '../pages/meeting';
import { Badge, Button, Failed, Field, Waiting } from './basic';
import { Restored } from './restored';

export function Attendance({ shown, after }: { shown: Shown; after: () => void }) {
  const { meeting, known } = shown;
  const standing = meeting.participants.filter((one) => one.state !== Participant_State.REMOVED);
  const groups = new Map<string, Participant[]>();
  for (const one of standing) groups.set(one.party, [...groups.get(one.party) ?? [], one]);
  const called = (party: string) => party === '' ? t('role_guest') : partyName(party, known.get(party));
  const rows = [...groups].sort(([a], [b]) => Number(a === '') - Number(b === '') || collator().compare(called(a), called(b)));
  const coming = standing.filter((one) => one.state === Participant_State.REGISTERED).length;
  const mine = actsForParty(meeting);
  const changes = registers(meeting) && !me()?.session.readOnly;
  return (
    <section class="card attendance">
      <h2>{t('who_comes')}</h2>
      <p class="quiet-text">{standing.length === 0 ? t('nobody_registered') : t('n_come', { n: coming })}</p>
      {rows.map(([party, all]) => (
        <section key={party}>
          <h3>{called(party)}</h3>
          <ul class="bare rows">{all.map((one) => <Row key={one.name} one={one} shown={shown} after={after} mayRemove={changes && (meeting.keeps || (mine && party === me()?.session.party && one.person !== ''))} />)}</ul>
        </section>
      ))}
      {changes && mine && <RegisterOther shown={shown} after={after} />}
      {meeting.keeps && changes && <Invite shown={shown} after={after} />}
    </section>
  );
}

function Row({ one, shown, mayRemove, after }: { one: Participant; shown: Shown; mayRemove: boolean; after: () => void }) {
  const [error, setError] = useState<unknown>();
  const name = one.displayName !== '' ? plainly(one.displayName) : one.person !== '' ? shown.names.get(one.person) ?? lastPart(one.person) : t('delegation');
  const remove = () => { setError(undefined); return attendance.removeParticipant({ name: one.name }).then(() => { meetingChanged(); after(); }, setError); };
  return (
    <li>
      <span>{one.person !== '' && shown.names.has(one.person) ? <a href={linkToRecord(one.person)}><bdi>{name}</bdi></a> : <bdi>{name}</bdi>}{' '}
        <small class="quiet-text">{roleName(one.role)}{one.items.length > 0 && <> · {t('for_items', { n: one.items.length })}</>}</small>
        {error !== undefined && <Failed error={error} />}</span>
      <span class="actions"><Badge tone={toneOfState(one.state)}>{stateName(one.state)}</Badge>
        {mayRemove && <Button kind="quiet" class="square" icon="close" aria-label={t('remove_what', { what: name })} onClick={remove}>{''}</Button>}</span>
    </li>
  );
}

// Somebody of the own party: chosen from its people, as the directory has them.
function RegisterOther({ shown: { meeting }, after }: { shown: Shown; after: () => void }) {
  const party = me()?.session.party ?? '';
  const [open, setOpen] = useState(false);
  const draft = useDraft(`register ${meeting.name}`, () => ({ person: '', role: Participant_Role.DELEGATE }));
  const { person, role } = draft.form;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const asked = useCall(open ? `people of ${party}` : null, async () => {
    const found = await allPages((pageToken) => directory.searchPersons({ party, pageSize: 1000, pageToken }), (reply) => reply.found);
    return found.flatMap((one) => one.person ?? []).sort((a, b) => collator().compare(a.displayName, b.displayName));
  });
  const send = async () => {
    setBusy(true);
    setError(undefined);
    await comes(meeting, false, { person, role }).then(() => { draft.discard(); after(); }, setError);
    setBusy(false);
  };
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('register_other')}</summary>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {open && !asked.data && asked.loading && <Waiting lines={1} />}
      {asked.data && <form class="small-form" onSubmit={(event) => { event.preventDefault(); if (person !== '') void send(); }}>
        <Restored of={draft} />
        <Field label={t('person')}>{(props) => (
          <select {...props} required value={person} onChange={(event) => draft.change({ person: event.currentTarget.value })}><option value="">{t('choose')}</option>
            {asked.data?.map((one) => <option key={one.name} value={one.name}>{plainly(one.displayName)}</option>)}</select>)}</Field>
        <RoleField role={role} choose={(next) => draft.change({ role: next })} roles={ROLES_TO_CHOOSE.slice(0, 2)} />
        {error !== undefined && <Failed error={error} />}
        <Button type="submit" busy={busy} disabled={person === ''}>{t('register')}</Button>
      </form>}
    </details>
  );
}

function RoleField({ role, choose, roles }: { role: Participant_Role; choose: (role: Participant_Role) => void; roles: readonly Participant_Role[] }) {
  return (
    <Field label={t('role')}>{(props) => (
      <select {...props} value={role} onChange={(event) => choose(Number(event.currentTarget.value))}>{roles.map((one) => <option key={one} value={one}>{roleName(one)}</option>)}</select>)}</Field>
  );
}

// The secretariat asks a delegation, or a guest by name, to the whole or to single items.
function Invite({ shown: { meeting, known }, after }: { shown: Shown; after: () => void }) {
  const [opened, setOpen] = useState<boolean>();
  const draft = useDraft(`invite ${meeting.name}`, () => ({ party: '', guest: '', role: Participant_Role.DELEGATE, items: [] as string[] }));
  const { party, guest, role, items } = draft.form;
  const open = opened ?? draft.restored; // what was half-typed is in sight
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const asked = useCall(open ? `invite ${meeting.process}` : null, async () => {
    const day = today();
    return (await participationsOf(meeting.process)).filter((one) => standingOn(one, day)).map((one) => one.party)
      .sort((a, b) => collator().compare(partyName(a, known.get(a)), partyName(b, known.get(b))));
  });
  const send = async () => {
    setBusy(true);
    setError(undefined);
    await attendance.inviteParticipant({ meeting: meeting.name, participant: { party, displayName: guest.trim(), role, items } })
      .then(() => { draft.discard(); meetingChanged(); after(); }, setError);
    setBusy(false);
  };
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('invite')}</summary>
      <Restored of={draft} />
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {open && !asked.data && asked.loading && <Waiting lines={1} />}
      {asked.data && <form class="small-form" onSubmit={(event) => { event.preventDefault(); if (party !== '' || guest.trim() !== '') void send(); }}>
        <Field label={t('party')}>{(props) => (
          <select {...props} value={party} onChange={(event) => draft.change({ party: event.currentTarget.value })}><option value="">{t('choose')}</option>
            {asked.data?.map((one) => <option key={one} value={one}>{partyName(one, known.get(one))}</option>)}</select>)}</Field>
        <Field label={t('guest_name')} hint={t('guest_hint')}>{(props) => <input {...props} dir="auto" maxLength={120} value={guest} onInput={(event) => draft.change({ guest: event.currentTarget.value })} />}</Field>
        <RoleField role={role} choose={(next) => draft.change({ role: next })} roles={ROLES_TO_CHOOSE} />
        {meeting.agenda.length > 0 && <fieldset><legend>{t('only_items')}</legend><ul class="bare">{meeting.agenda.map((one) => (
          <li key={one.id}><label><input type="checkbox" checked={items.includes(one.id)} onChange={() => draft.change({ items: items.includes(one.id) ? items.filter((other) => other !== one.id) : [...items, one.id] })} /> {one.number > 0 && `${formatNumber(one.number)}. `}<bdi>{plainly(textIn(one.title))}</bdi></label></li>
        ))}</ul></fieldset>}
        {error !== undefined && <Failed error={error} />}
        <Button type="submit" icon="mail" busy={busy} disabled={party === '' && guest.trim() === ''}>{t('invite')}</Button>
      </form>}
    </details>
  );
}
