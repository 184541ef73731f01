// How long until a deadline, as long as it is to come.
import { formatMoment, formatNumber, t } from '../i18n';
import { useNow } from '../lib/clock';
import { Badge } from './basic';

export function timeLeft(until: Date, now: Date): string {
  const minutes = Math.floor((until.getTime() - now.getTime()) / 60_000);
  if (minutes < 0) return t('deadline_over');
  const parts = { days: Math.floor(minutes / 1_440), hours: Math.floor(minutes / 60) % 24, minutes: minutes % 60 };
  if (parts.days > 0) return t('left_days', { n: parts.days, hours: formatNumber(parts.hours) });
  return t('left_hours', { hours: formatNumber(parts.hours), minutes: formatNumber(parts.minutes) });
}

export function Countdown({ until }: { until: Date }) {
  const now = useNow();
  const hours = (until.getTime() - now.getTime()) / 3_600_000;
  return (
    <span class="countdown">
      <Badge tone={hours < 0 ? 'neutral' : hours < 24 ? 'bad' : hours < 72 ? 'warn' : 'accent'}>{timeLeft(until, now)}</Badge>{' '}
      <time class="quiet-text" dateTime={until.toISOString()}>{formatMoment(until)}</time>
    </span>
  );
}
