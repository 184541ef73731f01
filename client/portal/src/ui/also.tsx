// What the one box finds besides persons, in groups; the arrow keys go through all of it.
import { t } from '../i18n';
import { find, findTerms, type Row } from '../lib/found';
import type { SearchReply_Found } from '../gen/entente/v1/search_pb';
import { kindName, titleOf } from '../lib/documents';
import { lastPart, plainly, processName, textIn } from '../lib/names';
import { linkToRecord } from '../lib/router';
import { useCall } from '../lib/use-call';
import { useSettled } from '../lib/use-settled';
import { Failed } from './basic';

const RESTED_MS = 150; // after it is shown, which is when typing has rested

export function Also({ query, process }: { query: string; process: string }) {
  const wanted = query.trim();
  const asked = useCall(wanted.length < 2 ? null : `also ${process} ${wanted}`, (signal) => find(wanted, process, signal));
  // They stand in many lists, which take longer the first time: nothing else waits for them, and who still types does not either.
  const rested = useSettled(wanted, RESTED_MS);
  const terms = useCall(rested.length < 2 || process !== '' ? null : `terms ${rested}`, () => findTerms(rested));
  if (wanted.length < 2) return null;
  if (asked.error !== undefined && !asked.data) return <Failed error={asked.error} retry={asked.retry} />;
  if (!asked.data) return null;
  const { documents, bodies, collections } = asked.data;
  return (
    <div class="also" aria-busy={asked.loading || terms.loading}>
      {documents.length > 0 && <section aria-label={t('documents')}><h2>{t('documents')}</h2><ul class="people">{documents.map((one) => <Paper key={one.name} found={one} />)}</ul></section>}
      <Group title={t('bodies')} rows={bodies} />
      <Group title={t('statistics')} rows={collections} />
      <Group title={t('terms')} rows={terms.data ?? []} />
      {terms.error !== undefined && <Failed error={terms.error} retry={terms.retry} />}
    </div>
  );
}

function Group({ title, rows }: { title: string; rows: Row[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="people">{rows.map((one) => <li key={one.id}><a class="name" href={one.link}><bdi>{one.title}</bdi></a><span class="what"><bdi>{one.detail}</bdi></span></li>)}</ul>
    </section>
  );
}

export function PassageOf({ found }: { found: SearchReply_Found }) {
  const parts = found.passage?.parts ?? [];
  if (parts.length === 0) return null;
  return <span class="passage" dir="auto" lang={found.passage?.language || undefined}>{parts.map((one, index) => one.fits ? <mark key={index}>{plainly(one.text)}</mark> : plainly(one.text))}</span>;
}

function Paper({ found }: { found: SearchReply_Found }) {
  const title = found.document ? titleOf(found.document) : plainly(textIn(found.title)) || lastPart(found.name);
  return (
    <li>
      <a class="name" href={linkToRecord(found.name)}><bdi>{title}</bdi></a>
      <span class="what">{[found.document && kindName(found.document.kind), processName(found.process)].filter(Boolean).join(' · ')}</span>
      <PassageOf found={found} />
    </li>
  );
}
