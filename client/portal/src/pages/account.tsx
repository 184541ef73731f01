// My own: which sessions are open, when the certificate ends, what I hold, and whose ledger this is.
import { useState } from 'preact/hooks';
import { HeldDuty_Duty, type Session } from '../gen/entente/v1/session_pb';
import { formatAgo, formatDay, formatMoment, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { sessions } from '../lib/api';
import { when } from '../lib/clock';
import { keepLedgerKey, ledgerKey, newestCheckpoint } from '../lib/ledger';
import { partyName, processName } from '../lib/names';
import { linkToRecord, type Place } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';
import { NoticesCard } from '../ui/notices-card';
import { OfficeKeysCard } from '../ui/office-keys';
import { CheckpointWords } from '../ui/record-panel';

const DUTIES: Record<HeldDuty_Duty, MessageKey> = {
  [HeldDuty_Duty.UNSPECIFIED]: 'office_other',
  [HeldDuty_Duty.FOCAL_POINT]: 'office_focal_point',
  [HeldDuty_Duty.SECRETARIAT]: 'office_secretariat',
  [HeldDuty_Duty.SECURITY_OFFICER]: 'office_security',
  [HeldDuty_Duty.CHAIR]: 'office_chair',
  [HeldDuty_Duty.CERTIFICATE_OFFICER]: 'office_certificates',
};

export function AccountPage(_: { place: Place }) {
  const mine = me();
  if (!mine) return null;
  const { session, person } = mine;
  const ends = when(session.certificateEndsAt);
  const days = Math.floor((ends.getTime() - Date.now()) / 86_400_000);
  return (
    <section class="page">
      <PageTitle>{t('my_account')}</PageTitle>
      <div class="columns even">
        <section class="card">
          <h2>{t('who_i_am')}</h2>
          <dl class="facts">
            <dt>{t('person')}</dt><dd>{person ? <a href={linkToRecord(person.name)}><bdi>{person.displayName}</bdi></a> : session.account}</dd>
            <dt>{t('party')}</dt><dd>{partyName(session.party)}</dd>
            <dt>{t('offices')}</dt><dd><ul class="bare">{session.duties.map((one) => <li key={`${one.duty} ${one.process}`}>{t(DUTIES[one.duty])}{one.process && `, ${processName(one.process)}`}</li>)}</ul></dd>
          </dl>
        </section>
        <section class="card">
          <h2>{t('certificate')}</h2>
          <p><Badge tone={days > 30 ? 'good' : days > 7 ? 'warn' : 'bad'}>{t('ends_in_days', { n: days })}</Badge> {formatDay(ends)}</p>
          <p class="quiet-text fingerprint"><code>{session.certificate.replace('certificates/', '')}</code></p>
          {days <= 30 && <Notice tone="warn">{t('certificate_renew')}</Notice>}
        </section>
        <Sessions />
        {person && <NoticesCard />}
        <LedgerCard />
        <OfficeKeysCard />
      </div>
    </section>
  );
}

function Sessions() {
  const asked = useCall('sessions', async () => (await sessions.listSessions({})).sessions);
  const [error, setError] = useState<unknown>();
  const end = async (one: Session) => {
    setError(undefined);
    await sessions.endSession({ name: one.name }).catch(setError);
    asked.retry();
  };
  return (
    <section class="card">
      <h2>{t('my_sessions')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {error !== undefined && <Failed error={error} />}
      {!asked.data && asked.loading && <Waiting />}
      <ul class="bare rows sessions">
        {asked.data?.map((one) => (
          <li key={one.name}>
            <span>{t('session_from', { address: one.address, when: formatMoment(when(one.startedAt)) })}<br />
              <small class="quiet-text">{t('session_ends', { when: formatAgo(when(one.endsAt)) })}</small></span>
            {one.current ? <Badge tone="accent">{t('this_one')}</Badge> : <Button onClick={() => end(one)}>{t('end_session')}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function LedgerCard() {
  const [key, setKey] = useState(ledgerKey());
  const [wrong, setWrong] = useState(false);
  const asked = useCall(`checkpoint ${wrong}`, () => newestCheckpoint());
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    const good = keepLedgerKey(key.trim());
    setWrong(!good);
    if (good) asked.retry();
  };
  return (
    <section class="card">
      <h2>{t('ledger')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {asked.data && <CheckpointWords checkpoint={asked.data} />}
      <form onSubmit={keep}>
        <Field label={t('ledger_key')} hint={t('ledger_key_hint')} error={wrong ? t('ledger_key_wrong') : undefined}>
          {(props) => <input {...props} value={key} dir="ltr" spellcheck={false} autocomplete="off" onInput={(event) => setKey(event.currentTarget.value)} />}
        </Field>
        <Button type="submit">{t('keep')}</Button>
      </form>
    </section>
  );
}
