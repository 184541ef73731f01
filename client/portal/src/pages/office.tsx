// An office: who holds it, who held it, and its hand-over in one step.
import { useState } from 'preact/hooks';
import { Capacity, type Office } from '../gen/entente/v1/directory_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { collator, t } from '../i18n';
import { allPages, directory, isNotFound } from '../lib/api';
import { hex, isSound, newestCheckpoint, type Checkpoint } from '../lib/ledger';
import { partyName } from '../lib/names';
import { today } from '../lib/participations';
import { parties } from '../lib/people';
import { sha256 } from '../lib/octets';
import { KeyFileError, signed } from '../lib/pkcs12';
import type { Place } from '../lib/router';
import { holds, me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import { officeTitle } from '../lib/words';
import { Button, Dialog, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';
import { KeyFields, useKeyFile } from '../ui/key-fields';
import { OfficeHistory } from '../ui/office-history';
import { CheckpointWords, RecordPanel } from '../ui/record-panel';
import { Restored } from '../ui/restored';

export function OfficePage({ place }: { place: Place }) {
  const name = 'offices/' + (place.parts[1] ?? '');
  const [handing, setHanding] = useState(false);
  const [done, setDone] = useState(0);
  const asked = useCall(`${name} ${done}`, async () => ({ office: await directory.getOffice({ name }), known: await parties() }));
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={5} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('office')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { office, known } = asked.data;
  const mine = holds(HeldDuty_Duty.FOCAL_POINT, office.process || undefined, office.party) || holds(HeldDuty_Duty.SECRETARIAT, office.process || undefined);
  return (
    <section class="page">
      <PageTitle above={partyName(office.party, known.get(office.party))} aside={mine && <Button icon="swap" kind="primary" onClick={() => setHanding(true)}>{t('hand_over')}</Button>}>{officeTitle(office)}</PageTitle>
      {done > 0 && <Notice tone="good">{t('handed_over')}</Notice>}
      <h2>{t('office_history')}</h2>
      <OfficeHistory key={done} office={office} party={known.get(office.party)} />
      <RecordPanel name={name} />
      {handing && <HandOver office={office} close={() => setHanding(false)} done={() => { setHanding(false); setDone((n) => n + 1); }} />}
    </section>
  );
}

function HandOver({ office, close, done }: { office: Office; close: () => void; done: () => void }) {
  const people = useCall(`people ${office.party}`, async () => (await allPages(
    (pageToken) => directory.searchPersons({ party: office.party, pageSize: 1000, pageToken }), (reply) => reply.found)).flatMap((one) => one.person ?? [])
    .sort((a, b) => collator().compare(a.displayName, b.displayName)));
  const draft = useDraft(`hand over ${office.name}`, () => ({ person: '', since: today() }));
  const { person } = draft.form;
  const since = draft.form.since < today() ? today() : draft.form.since; // a draft of yesterday's
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [fileError, setFileError] = useState('');
  const [lie, setLie] = useState<Checkpoint>();
  const keyFile = useKeyFile();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const session = me()?.session;
    if (!session || person === '') return;
    setBusy(true);
    setError(undefined);
    setFileError('');
    setLie(undefined);
    try {
      const { key, certificate } = await keyFile.signer();
      // What is signed names the ledger: no key signs for one that it does not follow.
      const checkpoint = await newestCheckpoint();
      if (!isSound(checkpoint)) {
        setLie(checkpoint);
        setBusy(false);
        return;
      }
      const name = 'appointments/' + hex(crypto.getRandomValues(new Uint8Array(16)));
      // docs/appointments.md: what is signed, a line each.
      const signature = await signed(key, new TextEncoder().encode(['entente/appointment/1', checkpoint.origin, name, office.name, String(office.kind), office.party, office.process,
        office.body, person, String(Capacity.HOLDER), since].join('\n')));
      await directory.handOver({ office: office.name, person, name, since, signature, signerCertificateSha256: await sha256(certificate) });
      await draft.settle();
      done();
    } catch (failure) {
      if (failure instanceof KeyFileError) setFileError(t('key_file_wrong', { why: failure.message }));
      else setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('hand_over')} close={close}>
      <Restored of={draft} />
      <p>{t('hand_over_hint', { office: officeTitle(office) })}</p>
      <form onSubmit={submit}>
        {people.error !== undefined && <Failed error={people.error} retry={people.retry} />}
        <Field label={t('next_holder')}>
          {(props) => <select {...props} required value={person} onChange={(event) => draft.change({ person: event.currentTarget.value })}>
            <option value="">{people.data ? t('choose') : t('loading')}</option>
            {people.data?.map((one) => <option key={one.name} value={one.name}>{one.displayName}{one.title && `, ${one.title}`}</option>)}
          </select>}
        </Field>
        <Field label={t('from_day')}>{(props) => <input {...props} type="date" required value={since} min={today()} onInput={(event) => draft.change({ since: event.currentTarget.value })} />}</Field>
        <KeyFields use={keyFile} error={fileError} required />
        {error !== undefined && <Failed error={error} />}
        {lie && <CheckpointWords checkpoint={lie} />}
        <div class="actions"><Button kind="primary" type="submit" busy={busy}>{t('sign_and_hand_over')}</Button><Button onClick={() => { void draft.settle(); close(); }}>{t('cancel')}</Button></div>
      </form>
    </Dialog>
  );
}
