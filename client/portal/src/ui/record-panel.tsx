// Trust at a glance, under every record: who can see it, in words, by the code that decides; and what the ledger says,
// proved by this page's own code.
import { useState } from 'preact/hooks';
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { formatList, formatMoment, t } from '../i18n';
import { access } from '../lib/api';
import { entriesAbout, isSound, newestCheckpoint, type Checkpoint, type Proved } from '../lib/ledger';
import { lastPart, partyName } from '../lib/names';
import { bodyTitles, parties } from '../lib/people';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, Notice, Waiting } from './basic';

export function RecordPanel({ name }: { name: string }) {
  const [open, setOpen] = useState<'' | 'see' | 'ledger'>('');
  const toggle = (what: 'see' | 'ledger') => setOpen(open === what ? '' : what);
  return (
    <section class="record-panel" aria-label={t('trust')}>
      <div class="actions">
        <Button kind="quiet" icon="eye" aria-expanded={open === 'see'} onClick={() => toggle('see')}>{t('who_can_see')}</Button>
        <Button kind="quiet" icon="shield" aria-expanded={open === 'ledger'} onClick={() => toggle('ledger')}>{t('what_ledger_says')}</Button>
      </div>
      {open === 'see' && <WhoCanSee name={name} />}
      {open === 'ledger' && <LedgerSays name={name} />}
    </section>
  );
}

function WhoCanSee({ name }: { name: string }) {
  const asked = useCall(`see ${name}`, async () => {
    const known = await parties();
    const mine = await access.explainMyAccess({ object: name });
    const titles = await bodyTitles(mine.held.flatMap((one) => /^process\/[^/]+\/body\//.test(one) ? [`processes/${one.split('/')[1]}`] : []));
    const all = await access.whoCanSee({ subject: { case: 'object', value: name } }).catch(() => undefined);
    return { known, titles, mine, all: all?.reckoning };
  });
  if (!asked.data) return asked.error === undefined ? <Waiting /> : <Failed error={asked.error} retry={asked.retry} />;
  const { known, titles, mine, all } = asked.data;
  return (
    <div class="card">
      {all ? <Reckoned reckoning={all} known={known} /> : <p>{t('see_not_yours')}</p>}
      <p class="quiet-text">{t('see_why', { principals: formatList(mine.held.map((one) => principalInWords(one, known, titles))) || '–' })}</p>
      {mine.leavesReceipt && <p><Badge tone="warn">{t('leaves_receipt')}</Badge></p>}
    </div>
  );
}

export function Reckoned({ reckoning, known }: { reckoning: Reckoning; known: Map<string, Party> }) {
  const parts = [
    reckoning.states > 0 && t('n_states', { n: reckoning.states }),
    reckoning.organisations > 0 && t('n_organisations', { n: reckoning.organisations }),
    reckoning.networks > 0 && t('n_networks', { n: reckoning.networks }),
    reckoning.territories > 0 && t('n_territories', { n: reckoning.territories }),
  ].flatMap((one) => one === false ? [] : [one]);
  return (
    <>
      <p><strong>{t('n_people_see', { n: reckoning.people })}</strong>{parts.length > 0 && ` – ${formatList(parts)}`}
        {reckoning.excluded.length > 0 && `; ${t('not_these', { who: formatList(reckoning.excluded.map((one) => principalInWords(one, known))) })}`}</p>
      <details>
        <summary>{t('by_party')}</summary>
        <ul class="lines wide">{reckoning.parties.map((one) => <li key={one.party}>{one.party ? partyName(one.party, known.get(one.party)) : t('status_unknown')}: {one.people + one.programs}</li>)}</ul>
      </details>
    </>
  );
}

// `process/igc/members` -> `members of IGC`. `titles`: of bodies, by their names; else their ids stand for them.
export function principalInWords(principal: string, known: Map<string, Party>, titles?: Map<string, string>): string {
  const [kind, first = '', second = '', third = ''] = principal.split('/');
  const process = first.toUpperCase();
  if (kind === 'party') return partyName(first, known.get(`parties/${first}`));
  if (kind !== 'process') return lastPart(principal);
  switch (second) {
    case 'members': return t('principal_members', { process });
    case 'observers': return t('principal_observers', { process });
    case 'partners': return t('principal_partners', { process });
    case 'secretariat': return t('principal_secretariat', { process });
    case 'chair': return t('principal_chair', { process });
    default: return t('principal_body', { process, body: titles?.get(`processes/${first}/bodies/${third}`) || third });
  }
}

function LedgerSays({ name }: { name: string }) {
  const asked = useCall(`ledger ${name}`, async () => {
    const checkpoint = await newestCheckpoint();
    return { checkpoint, entries: await entriesAbout(name, checkpoint) };
  });
  if (!asked.data) return asked.error === undefined ? <Waiting /> : <Failed error={asked.error} retry={asked.retry} />;
  const { checkpoint, entries } = asked.data;
  return (
    <div class="card">
      <CheckpointWords checkpoint={checkpoint} />
      {entries.length === 0 && <p>{t('ledger_nothing')}</p>}
      <ol class="timeline">{entries.map((one) => <EntryRow key={String(one.entry.index)} proved={one} />)}</ol>
    </div>
  );
}

function EntryRow({ proved: { entry, holds } }: { proved: Proved }) {
  return (
    <li class={holds ? 'present' : 'past'}>
      <span class="when">{formatMoment(entry.time)} · {t('entry', { n: Number(entry.index) })}</span>
      <span><code>{entry.kind}</code> {t('by', { who: lastPart(entry.account) })} <Badge tone={holds ? 'good' : 'bad'}>{holds ? t('proof_holds') : t('proof_fails')}</Badge></span>
    </li>
  );
}

export function CheckpointWords({ checkpoint }: { checkpoint: Checkpoint }) {
  if (!isSound(checkpoint)) {
    return <Notice tone="bad" title={t('ledger_lies')}>{checkpoint.signed === 'no' ? t('ledger_unsigned') : t('ledger_rewritten')}</Notice>;
  }
  return (
    <p>
      {t('checkpoint_of', { n: Number(checkpoint.size) })}{' '}
      <Badge tone={checkpoint.signed === 'yes' ? 'good' : 'warn'}>{checkpoint.signed === 'yes' ? t('signed_by_ledger') : t('signature_unchecked')}</Badge>{' '}
      <Badge tone={checkpoint.continues === 'yes' ? 'good' : 'neutral'}>{checkpoint.continues === 'yes' ? t('continues_last') : t('first_seen')}</Badge>
    </p>
  );
}
