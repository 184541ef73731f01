// Who held an office, and from when until when.
import type { Office } from '../gen/entente/v1/directory_pb';
import { comma, t } from '../i18n';
import { partyName } from '../lib/names';
import { spanInWords } from '../lib/participations';
import { officeHistory } from '../lib/people';
import { linkToRecord } from '../lib/router';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { capacity, officeTitle } from '../lib/words';
import { useState } from 'preact/hooks';
import { Failed, Waiting } from './basic';

export function OfficeHistory({ office, party }: { office: Office; party: Party | undefined }) {
  return (
    <section class="card history">
      <h3><a href={linkToRecord(office.name)}>{officeTitle(office)}</a></h3>
      <p class="quiet-text">{partyName(office.party, party)}</p>
      <Holders office={office} />
    </section>
  );
}

// On a card, where it is asked for once somebody unfolds it.
export function FoldedHistory({ offices }: { offices: Office[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="history" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('office_history')}</summary>
      {open && offices.map((one) => <section key={one.name}>{offices.length > 1 && <h3>{officeTitle(one)}</h3>}<Holders office={one} /></section>)}
    </details>
  );
}

function Holders({ office }: { office: Office }) {
  const asked = useCall(`history ${office.name}`, () => officeHistory(office.name));
  return (
    <>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={2} />}
      <ol class="timeline">
        {asked.data?.map((one) => one.appointment && (
          <li key={one.appointment.name} class={one.appointment.span?.until ? 'past' : 'present'}>
            <span class="when">{spanInWords(one.appointment.span)}</span>
            <span>{one.person ? <a href={linkToRecord(one.person.name)}><bdi>{one.person.displayName}</bdi></a> : '–'}{comma()}{capacity(one.appointment.capacity)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
