// Who is in what: how the processes overlap.
import { useMemo, useState } from 'preact/hooks';
import { collator, formatList, t } from '../i18n';
import { lastPart, partyName } from '../lib/names';
import { participationsOf, standingOn, Status, today } from '../lib/participations';
import { parties, processes } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { useCall } from '../lib/use-call';
import { Failed, PageTitle, Waiting } from '../ui/basic';

export function MatrixPage(_: { place: Place }) {
  const [withOthers, setWithOthers] = useState(false);
  const [chosen, setChosen] = useState<[string, string]>();
  const asked = useCall('matrix', async () => {
    const [all, known] = await Promise.all([processes(), parties()]);
    return { all, known, of: await Promise.all(all.map((one) => participationsOf(one.name))) };
  });
  const sets = useMemo(() => {
    const day = today();
    return asked.data?.all.map((process, index) => ({
      name: process.name, title: process.shortName || lastPart(process.name).toUpperCase(),
      parties: new Set((asked.data?.of[index] ?? []).filter((one) => {
        const status = standingOn(one, day)?.status;
        return status === Status.MEMBER || (withOthers && (status === Status.OBSERVER || status === Status.PARTNER || status === Status.INVITED));
      }).map((one) => one.party)),
    })).sort((a, b) => collator().compare(a.title, b.title));
  }, [asked.data, withOthers]);
  const shared = (a: Set<string>, b: Set<string>) => [...a].filter((one) => b.has(one));
  const most = Math.max(1, ...sets?.flatMap((a) => sets.filter((b) => b !== a).map((b) => shared(a.parties, b.parties).length)) ?? []);
  const names = (list: string[]) => list.map((one) => partyName(one, asked.data?.known.get(one))).sort(collator().compare);
  const pair = chosen && sets ? [sets.find((one) => one.name === chosen[0]), sets.find((one) => one.name === chosen[1])] : [];
  return (
    <section class="page">
      <PageTitle above={<a href={linkTo(['processes'])}>{t('processes')}</a>}>{t('matrix')}</PageTitle>
      <p>{t('matrix_hint')}</p>
      <p><label><input type="checkbox" checked={withOthers} onChange={(event) => setWithOthers(event.currentTarget.checked)} /> {t('with_observers')}</label></p>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!sets && asked.loading && <Waiting lines={8} />}
      {sets && (
        <div class="scroll" tabIndex={0} role="region" aria-label={t('matrix')}>
          <table class="matrix">
            <thead><tr><td></td>{sets.map((one) => <th key={one.name} scope="col"><span>{one.title}</span></th>)}</tr></thead>
            <tbody>
              {sets.map((a) => (
                <tr key={a.name}>
                  <th scope="row"><a href={linkToRecord(a.name)}>{a.title}</a></th>
                  {sets.map((b) => {
                    const count = shared(a.parties, b.parties).length;
                    const level = a === b ? 'own' : count === 0 ? 'none' : `l${Math.ceil(4 * count / most)}`;
                    return <td key={b.name} class={level}><button type="button" aria-pressed={chosen?.[0] === a.name && chosen[1] === b.name}
                      aria-label={a === b ? `${a.title}: ${t('n_members', { n: count })}` : t('shared_by', { a: a.title, b: b.title, n: count })} onClick={() => setChosen([a.name, b.name])}>{count}</button></td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div role="status">
        {pair[0] && pair[1] && (
          <section class="card">
            <h2>{pair[0] === pair[1] ? pair[0].title : `${pair[0].title} ∩ ${pair[1].title}`}</h2>
            <p>{formatList(names(shared(pair[0].parties, pair[1].parties))) || t('none_shared')}</p>
          </section>
        )}
      </div>
    </section>
  );
}
