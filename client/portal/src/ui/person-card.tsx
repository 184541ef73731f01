// The card of a person: what one needs to reach them, first. `linked`: it leads to the person's page, and folds what stands there.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Contact_Kind, ExportPersonsRequest_Format, type Contact, type Person } from '../gen/entente/v1/directory_pb';
import { formatAgo, formatDay, languageName, listed, t } from '../i18n';
import { directory } from '../lib/api';
import { timeThere, useNow } from '../lib/clock';
import { officeTitle } from '../lib/words';
import { mailLink, partyName, plainly, telephoneLink, textIn } from '../lib/names';
import { linkToRecord } from '../lib/router';
import type { Found, Party } from '../lib/types';
import { Badge, Breakable, Button, CopyButton, Failed, LinkButton, saveFile } from './basic';
import { Icon } from './icons';
import { FoldedHistory } from './office-history';

const KINDS = {
  [Contact_Kind.KIND_UNSPECIFIED]: 'contact_other',
  [Contact_Kind.TELEPHONE]: 'contact_telephone',
  [Contact_Kind.MOBILE]: 'contact_mobile',
  [Contact_Kind.EMAIL]: 'contact_email',
  [Contact_Kind.FAX]: 'contact_fax',
  [Contact_Kind.POSTAL]: 'contact_postal',
} as const;

// As they are reached for: the telephone first.
const USE = [Contact_Kind.TELEPHONE, Contact_Kind.MOBILE, Contact_Kind.EMAIL];
function byUse(contacts: Contact[]): Contact[] {
  const rank = (one: Contact) => USE.includes(one.kind) ? USE.indexOf(one.kind) : USE.length;
  return [...contacts].sort((a, b) => rank(a) - rank(b));
}

export function institutionOf(person: Person, party: Party | undefined): string {
  const institution = party?.institutions.find((one) => one.name === person.institution);
  return institution ? textIn(institution.names) : '';
}

export function PersonCard({ person, party, offices, level = 2, linked = false, more }:
  { person: Person; party: Party | undefined; offices?: Found['offices']; level?: 1 | 2; linked?: boolean; more?: ComponentChildren }) {
  const institution = institutionOf(person, party);
  const Title = level === 1 ? 'h1' : 'h2';
  const name = <bdi>{plainly(person.displayName)}</bdi>;
  return (
    <article class="card person-card">
      <header>
        <Title tabIndex={-1}>{linked ? <a href={linkToRecord(person.name)}>{name}</a> : name}</Title>
        {person.latinName !== '' && person.latinName !== person.displayName && <p class="latin" dir="ltr">{plainly(person.latinName)}</p>}
        <p>{person.title !== '' && <><bdi>{plainly(person.title)}</bdi><br /></>}
          {institution !== '' && <><bdi>{plainly(institution)}</bdi>, </>}<strong>{partyName(person.party, party)}</strong></p>
        <Freshness person={person} />
      </header>
      <ul class="contacts">
        {byUse(person.contacts).map((contact) => <ContactRow key={`${contact.kind} ${contact.value}`} contact={contact} person={person} />)}
        {person.contacts.length === 0 && <li>{t('no_contacts')}</li>}
      </ul>
      <TimeThere person={person} />
      <dl class="facts">
        {person.languages.length > 0 && <><dt>{t('languages')}</dt><dd>{listed(person.languages.map(languageName))}</dd></>}
        {offices && offices.length > 0 && <>
          <dt>{t('offices')}</dt>
          <dd><ul class="bare">{offices.map((office) => <li key={office.name}><a href={linkToRecord(office.name)}>{officeTitle(office)}</a></li>)}</ul></dd>
        </>}
      </dl>
      {linked && offices && offices.length > 0 && <FoldedHistory offices={offices} />}
      <footer class="actions"><VCardButton person={person} />{more}</footer>
    </article>
  );
}

function Freshness({ person }: { person: Person }) {
  if (!person.confirmedAt) return <p><Badge tone="warn">{t('never_confirmed')}</Badge></p>;
  const when = new Date(Number(person.confirmedAt.seconds) * 1000);
  const words = t('confirmed', { ago: formatAgo(when) });
  return <p title={formatDay(when)}><Badge tone={person.stale ? 'warn' : 'good'}>{person.stale ? t('stale', { ago: formatAgo(when) }) : words}</Badge></p>;
}

function ContactRow({ contact, person }: { contact: Contact; person: Person }) {
  const kind = t(KINDS[contact.kind]);
  const value = plainly(contact.value);
  const whose = `${kind}: ${value}`;
  const reach = contact.kind === Contact_Kind.EMAIL
    ? <LinkButton kind="primary" icon="mail" href={mailLink(value)} aria-label={t('mail_to', { name: person.displayName })}>{t('mail')}</LinkButton>
    : contact.kind === Contact_Kind.TELEPHONE || contact.kind === Contact_Kind.MOBILE
      ? <LinkButton kind="primary" icon="phone" href={telephoneLink(value)} aria-label={t('call_name', { name: person.displayName, number: value })}>{t('call')}</LinkButton>
      : null;
  return (
    <li>
      <span class="kind">{kind}</span>
      <span class="value" dir={contact.kind === Contact_Kind.POSTAL ? 'auto' : 'ltr'}>{contact.kind === Contact_Kind.EMAIL ? <Breakable text={value} /> : value}</span>
      <span class="actions">{reach}<CopyButton text={value} label={t('copy_what', { what: whose })} /></span>
    </li>
  );
}

function TimeThere({ person }: { person: Person }) {
  const now = useNow();
  const there = person.timeZone === '' ? undefined : timeThere(person.timeZone, now);
  if (!there) return null;
  return (
    <p class="time-there">
      <span><Icon name="clock" /> {t('time_there')} <strong>{there.clock}</strong>, {there.difference}</span>
      <Badge tone={there.working ? 'good' : 'neutral'}>{there.working ? t('office_hours') : t('outside_hours')}</Badge>
    </p>
  );
}

export function VCardButton({ person }: { person: Person }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const file = await directory.exportPersons({ persons: [person.name], format: ExportPersonsRequest_Format.VCARD_4 });
      saveFile(file.fileName || 'contact.vcf', file.mediaType, file.content as BlobPart);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return <><Button icon="card" busy={busy} onClick={save}>{t('save_vcard')}</Button>{error !== undefined && <Failed error={error} retry={save} />}</>;
}
