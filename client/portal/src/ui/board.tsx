// Who has opened a document, copy by copy, and who of those that can see it has not.
import { formatMoment, formatNumber, t } from '../i18n';
import { access } from '../lib/api';
import { when } from '../lib/clock';
import { documents } from '../lib/documents';
import { lastPart, partyName } from '../lib/names';
import { namesIn } from '../lib/people';
import { linkToRecord } from '../lib/router';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Failed, Waiting } from './basic';
import { Reckoned } from './record-panel';

export function PersonLink({ name, names }: { name: string; names: Map<string, string> }) {
  return <a href={linkToRecord(name)}><bdi>{names.get(name) ?? lastPart(name)}</bdi></a>;
}

export function Board({ name, known }: { name: string; known: Map<string, Party> }) {
  const asked = useCall(`readers ${name}`, async (signal) => {
    const [readers, names, can] = await Promise.all([documents.getReaders({ name }, { signal }), namesIn(''), access.whoCanSee({ subject: { case: 'object', value: name } }, { signal })]);
    return { readers, names, reckoning: can.reckoning };
  });
  if (!asked.data) return <section class="card"><h2>{t('who_opened')}</h2>{asked.error === undefined ? <Waiting /> : <Failed error={asked.error} retry={asked.retry} />}</section>;
  const { readers: { readers, notYet, notYetUnnamed }, names, reckoning } = asked.data;
  return (
    <section class="card board">
      <h2>{t('who_opened')}</h2>
      {reckoning && <Reckoned reckoning={reckoning} known={known} />}
      {readers.length === 0 ? <p>{t('nobody_opened')}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t('who_opened')}>
          <table class="sheet">
            <thead><tr><th scope="col">{t('person')}</th><th scope="col">{t('party')}</th><th scope="col">{t('first_opened')}</th><th scope="col" class="numeric">{t('times')}</th><th scope="col" class="numeric">{t('first_copy')}</th></tr></thead>
            <tbody>{readers.map((one) => (
              <tr key={one.account}><th scope="row">{one.person ? <PersonLink name={one.person} names={names} /> : lastPart(one.account)}</th><td>{partyName(one.party, known.get(one.party))}</td>
                <td>{formatMoment(when(one.firstAt))}</td><td class="numeric">{formatNumber(Number(one.readings))}</td><td class="numeric">{formatNumber(Number(one.firstCopy))}</td></tr>
            ))}</tbody>
          </table>
        </div>
      )}
      {notYet.length + notYetUnnamed > 0 && (
        <details><summary>{t('n_not_opened', { n: notYet.length + notYetUnnamed })}</summary>
          <ul class="lines wide">{notYet.map((one) => <li key={one}><PersonLink name={one} names={names} /></li>)}
            {notYetUnnamed > 0 && <li>{t('n_unnamed', { n: notYetUnnamed })}</li>}</ul>
        </details>
      )}
    </section>
  );
}
