// What waits for the reader, and what has happened that they may see: below the search, where nobody has typed yet.
import { useState } from 'preact/hooks';
import { Reminder_Kind, type Reminder } from '../gen/entente/v1/directory_pb';
import { formatAgo, t } from '../i18n';
import { allPages, directory, ledger } from '../lib/api';
import { decodeEntry, type Entry } from '../lib/ledger';
import { lastPart, partyName } from '../lib/names';
import { hasPage, linkToRecord } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { Button, Failed, Waiting } from './basic';

const KINDS = { [Reminder_Kind.KIND_UNSPECIFIED]: 'due_confirm', [Reminder_Kind.CONFIRM_OWN]: 'due_confirm_own', [Reminder_Kind.CONFIRM_OTHER]: 'due_confirm',
  [Reminder_Kind.ANSWER_CONTACT_TEST]: 'due_contact_test' } as const;

export function Due() {
  const asked = useCall('reminders', () => allPages((pageToken) => directory.listReminders({ pageSize: 1000, pageToken }), (reply) => reply.reminders));
  const [error, setError] = useState<unknown>();
  const answer = async (one: Reminder) => {
    setError(undefined);
    const act = one.kind === Reminder_Kind.ANSWER_CONTACT_TEST ? directory.answerContactTest({ name: one.object }) : directory.confirmPerson({ name: one.object });
    await act.then(() => asked.set(asked.data?.filter((other) => other !== one) ?? []), setError);
  };
  return (
    <section class="card">
      <h2>{t('due')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {error !== undefined && <Failed error={error} />}
      {!asked.data && asked.loading && <Waiting />}
      {asked.data?.length === 0 && <p class="quiet-text">{t('nothing_due')}</p>}
      <ul class="bare rows">
        {asked.data?.slice(0, 12).map((one) => (
          <li key={one.object + one.kind}>
            <span>{t(KINDS[one.kind])} <a href={linkToRecord(one.person)}>{lastPart(one.person)}</a></span>
            <Button onClick={() => answer(one)}>{one.kind === Reminder_Kind.ANSWER_CONTACT_TEST ? t('it_reaches_me') : t('still_right')}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// `dataflows/IGC.ASYLUM/uploads/5f3a` -> `IGC.ASYLUM`.
function headOf(name: string): string {
  return name.split('/')[1] ?? name;
}

export function News() {
  const asked = useCall('news', async () => {
    const { size } = await ledger.getCheckpoint({});
    const found: Entry[] = [];
    // The newest that can be seen, of what others did.
    for (let to = size; to > 0n && size - to < 3_000n && found.length < 8;) {
      const from = to > 500n ? to - 500n : 0n;
      const { rows } = await ledger.listEntries({ from, to, pageSize: 500 });
      found.push(...rows.reverse().flatMap((row) => row.entry ? decodeEntry(row.canonical) ?? [] : [])
        .filter((one) => one.account !== me()?.session.account && !/^(session|identity|network|ledger|operator)\./.test(one.kind) && one.object !== ''));
      to = from;
    }
    return found.slice(0, 8);
  });
  return (
    <section class="card">
      <h2>{t('news')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting />}
      {asked.data?.length === 0 && <p class="quiet-text">{t('no_news')}</p>}
      <ul class="bare rows">
        {asked.data?.map((one) => (
          <li key={String(one.index)}>
            <span>{hasPage(one.object) ? <a href={linkToRecord(one.object)}>{headOf(one.object)}</a> : headOf(one.object)} <small class="quiet-text"><code>{one.kind}</code></small></span>
            <small class="quiet-text">{one.party && `${partyName(one.party)}, `}{formatAgo(one.time)}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
