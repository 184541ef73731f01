// Who takes part in what, and since when.
import { Participation_Status as Status, Process_Status, type Participation } from '../gen/entente/v1/directory_pb';
import { formatCivil, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { allPages, directory } from './api';
import { once } from './use-call';

export { Status };

const WORDS: Record<Status, MessageKey> = {
  [Status.STATUS_UNSPECIFIED]: 'status_unknown',
  [Status.MEMBER]: 'status_member',
  [Status.OBSERVER]: 'status_observer',
  [Status.PARTNER]: 'status_partner',
  [Status.INVITED]: 'status_invited',
  [Status.SUSPENDED]: 'status_suspended',
  [Status.FORMER]: 'status_former',
};
const PROCESS_WORDS: Record<Process_Status, MessageKey> = {
  [Process_Status.STATUS_UNSPECIFIED]: 'status_unknown',
  [Process_Status.ACTIVE]: 'process_active',
  [Process_Status.DORMANT]: 'process_dormant',
  [Process_Status.MERGED]: 'process_merged',
  [Process_Status.CONCLUDED]: 'process_concluded',
};
export function statusName(status: Status): string {
  return t(WORDS[status] ?? 'status_unknown');
}
export function processStatus(status: Process_Status): string {
  return t(PROCESS_WORDS[status] ?? 'status_unknown');
}
export function toneOf(status: Status): string {
  return Status[status]?.toLowerCase() ?? 'unknown';
}

// With all that ever held, so that any day can be asked for without asking again.
export function participationsOf(process: string): Promise<Participation[]> {
  return once(`participations ${process}`, () => allPages(
    (pageToken) => directory.listParticipations({ process, history: true, pageSize: 1000, pageToken }), (reply) => reply.participations));
}

// Civil days compare as text once they are equally long; a bare year begins on its first day.
function firstDay(text: string): string {
  return text + '-01-01'.slice(text.length === 4 ? 0 : text.length === 7 ? 3 : 6);
}

export function holdsOn(span: { since: string; until: string } | undefined, day: string): boolean {
  if (!span) return true;
  return (span.since === '' || firstDay(span.since) <= day) && (span.until === '' || day < firstDay(span.until));
}

export function standingOn(participation: Participation, day: string) {
  return participation.standings.filter((one) => holdsOn(one.span, day)).at(-1);
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function spanInWords(span: { since: string; until: string } | undefined): string {
  const since = span?.since ? formatCivil(span.since) : '';
  const until = span?.until ? formatCivil(span.until) : '';
  if (since && until) return t('span_from_until', { since, until });
  if (since) return t('span_since', { since });
  return until ? t('span_until', { until }) : t('span_always');
}
