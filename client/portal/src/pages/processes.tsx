// All processes that the reader may see.
import { collator, t } from '../i18n';
import { participationsOf, processStatus, standingOn, Status, today } from '../lib/participations';
import { processes } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { useCall } from '../lib/use-call';
import { Process_Status } from '../gen/entente/v1/directory_pb';
import { Badge, Failed, LinkButton, PageTitle, Waiting } from '../ui/basic';
import { processName } from '../lib/names';

export function ProcessesPage(_: { place: Place }) {
  const asked = useCall('processes', async () => {
    const all = [...await processes()].sort((a, b) => collator().compare(a.shortName || a.name, b.shortName || b.name));
    const members = await Promise.all(all.map((one) => participationsOf(one.name)));
    const day = today();
    return all.map((process, index) => ({ process, members: (members[index] ?? []).filter((one) => standingOn(one, day)?.status === Status.MEMBER).length }));
  });
  return (
    <section class="page">
      <PageTitle aside={<LinkButton href={linkTo(['matrix'])}>{t('matrix')}</LinkButton>}>{t('processes')}</PageTitle>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={8} />}
      <ul class="tiles">
        {asked.data?.map(({ process, members }) => (
          <li class="card" key={process.name}>
            <h2><a href={linkToRecord(process.name)}>{process.shortName || processName(process.name)}</a></h2>
            <p>{process.longName}</p>
            <p class="quiet-text">{[process.region, process.established && t('since_year', { year: process.established })].filter(Boolean).join(' · ')}</p>
            <p class="actions"><Badge tone={process.status === Process_Status.ACTIVE ? 'good' : 'neutral'}>{processStatus(process.status)}</Badge>
              <Badge>{t('n_members', { n: members })}</Badge></p>
          </li>
        ))}
      </ul>
    </section>
  );
}
