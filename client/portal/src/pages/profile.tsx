// All that a process holds on one state, on one page: what it reports, what others report on it, how old it is.
import { Profile_Role, type Profile_Figure, type Profile_Section } from '../gen/entente/v1/comparison_pb';
import { collator, formatAgo, formatCivil, formatNumber, t } from '../i18n';
import { comparison } from '../lib/figures';
import { when } from '../lib/clock';
import { lastPart, partyName, processName, textIn } from '../lib/names';
import { participationsOf, standingOn, Status, today } from '../lib/participations';
import { processes } from '../lib/people';
import { go, linkTo, linkToRecord, type Place } from '../lib/router';
import { me } from '../lib/session';
import { codesOf, structureOf, type Code } from '../lib/structures';
import { useCall } from '../lib/use-call';
import { Badge, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';

// A party's code where `parties/SWE` is a state that takes part.
export function ProfilePage({ place }: { place: Place }) {
  const own = me()?.session;
  const process = place.parts[1] ?? (own?.duties.find((one) => one.process !== '')?.process ?? '').replace('processes/', '');
  const area = place.parts[2] ?? lastPart(own?.party ?? '');
  const lists = useCall(`profile lists ${process}`, async () => {
    const all = [...await processes()].sort((a, b) => collator().compare(a.shortName, b.shortName));
    const day = today();
    const members = process === '' ? [] : (await participationsOf(`processes/${process}`)).filter((one) => standingOn(one, day)?.status === Status.MEMBER).map((one) => lastPart(one.party));
    return { all, members: members.sort((a, b) => collator().compare(partyName(a), partyName(b))) };
  });
  const asked = useCall(process === '' || area === '' ? null : `profile ${process} ${area}`, async (signal) => {
    const profile = await comparison.getProfile({ process: `processes/${process}`, area }, { signal });
    const codes = new Map<string, Code[]>();
    await Promise.all(profile.sections.filter((one) => one.breakdown !== '').map(async (one) => {
      const { structure, lists: of } = await structureOf(one.dataflow);
      const dimension = structure.dimensions.find((other) => other.id === one.breakdown);
      if (dimension) codes.set(`${one.dataflow} ${one.breakdown}`, codesOf(of.get(dimension.codelist), dimension.role));
    }));
    return { profile, codes };
  });
  // What has figures before what has none.
  const sections = [...asked.data?.profile.sections ?? []].sort((a, b) => Number(b.total !== undefined) - Number(a.total !== undefined));
  const reports = sections.filter((one) => one.role === Profile_Role.REPORTS);
  const reported = sections.filter((one) => one.role === Profile_Role.REPORTED_ON);
  return (
    <section class="page profile">
      <PageTitle above={<a href={linkTo(['statistics'])}>{t('statistics')}</a>}>{area === '' ? t('profile') : partyName(area)}</PageTitle>
      <form class="periods choose-profile" onSubmit={(event) => event.preventDefault()}>
        <Field label={t('process')}>{(props) => <select {...props} value={process} onChange={(event) => go(linkTo(['profile', event.currentTarget.value, area]), 'replace')}>
          <option value="">{t('choose')}</option>{lists.data?.all.map((one) => <option key={one.name} value={lastPart(one.name)}>{one.shortName || processName(one.name)}</option>)}</select>}</Field>
        <Field label={t('party')}>{(props) => <select {...props} value={area} onChange={(event) => go(linkTo(['profile', process, event.currentTarget.value]), 'replace')}>
          {!lists.data?.members.includes(area) && <option value={area}>{area === '' ? t('choose') : partyName(area)}</option>}{lists.data?.members.map((one) => <option key={one} value={one}>{partyName(one)}</option>)}</select>}</Field>
      </form>
      {lists.error !== undefined && <Failed error={lists.error} retry={lists.retry} />}
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={8} />}
      {asked.data && reports.length + reported.length === 0 && <Notice>{t('no_figures')}</Notice>}
      {asked.data && reports.length > 0 && <><h2>{t('own_figures')}</h2><div class="columns even">{reports.map((one) => <Section key={one.dataflow} section={one} area={area} codes={asked.data?.codes.get(`${one.dataflow} ${one.breakdown}`)} />)}</div></>}
      {asked.data && reported.length > 0 && <><h2>{t('others_figures')}</h2><div class="columns even">{reported.map((one) => <Section key={one.dataflow} section={one} area={area} codes={asked.data?.codes.get(`${one.dataflow} ${one.breakdown}`)} />)}</div></>}
    </section>
  );
}

function Change({ figure }: { figure: Profile_Figure }) {
  const percent = Number(figure.year?.percent || figure.previous?.percent || NaN);
  if (!Number.isFinite(percent)) return null;
  return <small class="quiet-text">{t(figure.year?.percent ? 'on_year' : 'on_period', { change: `${percent > 0 ? '+' : ''}${formatNumber(percent, 1)} %` })}</small>;
}

function Section({ section: one, area, codes }: { section: Profile_Section; area: string; codes: Code[] | undefined }) {
  const most = Math.max(1, ...one.largest.map((figure) => Number(figure.value)));
  return (
    <section class="card">
      <h3><a href={linkToRecord(one.dataflow)}>{textIn(one.title) || lastPart(one.dataflow)}</a></h3>
      {one.total && <p class="figure"><strong>{formatNumber(Number(one.total.value))}</strong> <span>{one.total.period}</span> <Change figure={one.total} /></p>}
      <ul class="bare bars">{one.largest.map((figure) => (
        <li key={figure.code}><span>{codes?.find((code) => code.id === figure.code)?.title ?? figure.code}</span><span class="numeric">{formatNumber(Number(figure.value))}</span>
          <progress max={most} value={Number(figure.value)} aria-hidden="true" /></li>
      ))}</ul>
      <p class="quiet-text"><small>{[one.firstPeriod && t('span_from_until', { since: one.firstPeriod, until: one.lastPeriod }), one.updatedAt && t('updated', { when: formatAgo(when(one.updatedAt)) }),
        one.nextDue && t('next_due', { when: formatCivil(one.nextDue) })].filter(Boolean).join(' · ')}</small> {one.late > 0 && <Badge tone="bad">{t('n_late', { n: one.late })}</Badge>}</p>
      {one.notes.length > 0 && <details><summary>{t('notes')}</summary><ul class="lines">{one.notes.map((note, index) => <li key={index}>{note.conceptId}: <bdi>{textIn(note.text)}</bdi></li>)}</ul></details>}
      {one.role === Profile_Role.REPORTS && <p><a class="alone" href={linkTo(['statistics', lastPart(one.dataflow)], { REF_AREA: area, view: 'line' })}>{t('all_figures')}</a></p>}
    </section>
  );
}
