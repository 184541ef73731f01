// What was sent to me, what still wants my word, and what my party has sent.
import { Circulation_Outcome, type Circulation } from '../gen/entente/v1/circulations_pb';
import { formatAgo, formatList, t } from '../i18n';
import { when } from '../lib/clock';
import { askName, inbox, outbox, outcomeName, titleOf, waitsForMe } from '../lib/documents';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { parties } from '../lib/people';
import { go, linkTo, type Place } from '../lib/router';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, PageTitle, Waiting } from '../ui/basic';
import { Countdown } from '../ui/countdown';

const BOXES = ['waiting', 'all', 'sent'] as const;
type Box = (typeof BOXES)[number];

export function InboxPage({ place }: { place: Place }) {
  const box: Box = BOXES.find((one) => one === place.parts[1]) ?? 'waiting';
  const asked = useCall(`box ${box}`, async () => {
    const all = box === 'sent' ? await outbox() : await inbox();
    return { box, all: box === 'waiting' ? all.filter(waitsForMe) : all, known: await parties() };
  });
  const ready = asked.data?.box === box ? asked.data : undefined;
  return (
    <section class="page">
      <PageTitle>{t('inbox')}</PageTitle>
      <div class="choice" role="group" aria-label={t('inbox')}>
        {BOXES.map((one) => <Button key={one} aria-pressed={box === one} onClick={() => go(linkTo(['inbox', one]), 'replace')}>{t(`box_${one}`)}</Button>)}
      </div>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!ready && asked.loading && <Waiting lines={6} />}
      {ready && <p class="unseen" role="status">{t('n_circulations', { n: ready.all.length })}</p>}
      {ready?.all.length === 0 && <p>{box === 'waiting' ? t('nothing_due') : t('nothing_here')}</p>}
      {ready && ready.all.length > 0 && <ul class="people mail">{ready.all.map((one) => <CirculationRow key={one.name} circulation={one} known={ready.known} mine={box === 'sent'} />)}</ul>}
    </section>
  );
}

// `parties/SWE/accounts/anna` -> `parties/SWE`.
export function partyOfAccount(account: string): string {
  return account.split('/').slice(0, 2).join('/');
}

export function subjectOf(circulation: Circulation): string {
  return circulation.shown.length > 0 ? formatList(circulation.shown.map(titleOf)) : t('n_documents', { n: circulation.documents.length });
}

export function CirculationRow({ circulation: one, known, mine }: { circulation: Circulation; known: Map<string, Party>; mine: boolean }) {
  const isNew = !mine && !one.openedAt && !one.acknowledgedAt && !one.recalledAt;
  const from = partyOfAccount(one.sender);
  return (
    <li class={isNew ? 'new' : ''}>
      <a class="name" href={linkTo(['circulation', lastPart(one.name)])}><bdi>{subjectOf(one)}</bdi></a>
      <span class="where">{formatAgo(when(one.sentAt))}</span>
      <span class="what">{partyName(from, known.get(from))} · {processName(one.process)}{textIn(one.note) !== '' && <> · <bdi>{plainly(textIn(one.note)).slice(0, 160)}</bdi></>}</span>
      <span class="actions">
        {isNew && <Badge tone="accent">{t('new')}</Badge>}
        {one.recalledAt && <Badge>{t('recalled')}</Badge>}
        <Badge>{askName(one.ask)}</Badge>
        {one.outcome !== Circulation_Outcome.OUTCOME_UNSPECIFIED && one.outcome !== Circulation_Outcome.PENDING && <Badge tone={one.outcome === Circulation_Outcome.ADOPTED ? 'good' : 'bad'}>{outcomeName(one.outcome)}</Badge>}
        {one.deadline && !one.recalledAt && one.outcome <= Circulation_Outcome.PENDING && <Countdown until={when(one.deadline)} />}
      </span>
    </li>
  );
}
