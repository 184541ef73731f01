// The people of a process, or of one of its bodies, on one sheet: what stands here is what is printed.
import { collator, formatMoment, listed, t } from '../i18n';
import { allPages, directory, isNotFound } from '../lib/api';
import { lastPart, partyName, plainly, processName, telephoneLink } from '../lib/names';
import { bodyTitles, emails, parties, telephones } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { useCall } from '../lib/use-call';
import { chairsOf, officeTitle } from '../lib/words';
import { Breakable, Button, Failed, PageTitle, Waiting } from '../ui/basic';

// `roster/igc`; `roster/igc/wg-data`.
export function RosterPage({ place }: { place: Place }) {
  const name = 'processes/' + (place.parts[1] ?? '');
  const body = place.parts[2] ? `${name}/bodies/${place.parts[2]}` : '';
  const asked = useCall(`roster ${name} ${body}`, async () => {
    const [process, known, found, group, titles] = await Promise.all([directory.getProcess({ name }), parties(),
      allPages((pageToken) => directory.searchPersons({ ...(body === '' ? { process: name } : { body }), pageSize: 1000, pageToken }), (reply) => reply.found),
      body === '' ? undefined : directory.getBody({ name: body }), bodyTitles([name])]);
    const rows = found.flatMap((one) => one.person ? [{ person: one.person, party: partyName(one.person.party, known.get(one.person.party)),
      offices: one.offices.filter((office) => body === '' ? office.process === name : office.body === body) }] : []);
    rows.sort((a, b) => collator().compare(a.party, b.party) || collator().compare(a.person.displayName, b.person.displayName));
    return { process, rows, group, known, titles };
  });
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={10} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('printable_list')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { process, rows, group, known, titles } = asked.data;
  const title = process.shortName || processName(name);
  return (
    <section class="page roster">
      <PageTitle above={<><a href={linkTo(['processes'])}>{t('processes')}</a> › <a href={linkToRecord(name)}>{title}</a></>}
        aside={<Button icon="print" kind="primary" onClick={() => print()}>{t('print')}</Button>}>{t('people_of', { what: group ? `${title}, ${plainly(group.title) || lastPart(body)}` : title })}</PageTitle>
      {group && chairsOf(group, known) !== '' && <p>{chairsOf(group, known)}</p>}
      <p class="quiet-text">{t('n_found', { n: rows.length })} · {formatMoment(new Date())} · {t('as_seen_by_you')}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t('people_of', { what: title })}>
        <table class="sheet">
          <thead><tr><th scope="col">{t('party')}</th><th scope="col">{t('person')}</th><th scope="col">{t('office')}</th>
            <th scope="col">{t('contact_telephone')}</th><th scope="col">{t('contact_email')}</th><th scope="col">{t('languages')}</th></tr></thead>
          <tbody>
            {rows.map(({ person, party, offices }, index) => (
              <tr key={person.name} class={rows[index - 1]?.party === party ? 'same' : ''}>
                <td>{party}</td>
                <th scope="row"><a href={linkToRecord(person.name)}><bdi>{plainly(person.displayName)}</bdi></a></th>
                <td>{offices.map((office) => officeTitle({ ...office, process: '' }, titles)).join('; ') || plainly(person.title)}</td>
                <td class="number">{telephones(person).map((one) => <a key={one.value} dir="ltr" href={telephoneLink(one.value)}>{plainly(one.value)}</a>)}</td>
                <td>{emails(person).map((one) => <span key={one.value} dir="ltr"><Breakable text={plainly(one.value)} /></span>)}</td>
                <td>{listed(person.languages)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

