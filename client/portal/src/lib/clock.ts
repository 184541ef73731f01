// The time where somebody is: what one wants to know before dialling.
import { useEffect, useState } from 'preact/hooks';
import { formatNumber, locale, t } from '../i18n';

export function useNow(everyMs = 20_000): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

// An instant as the treaty has it.
export function when(stamp: { seconds: bigint } | undefined): Date {
  return new Date(Number(stamp?.seconds ?? 0n) * 1000);
}

// Minutes by which the wall clock there is ahead of UTC.
export function offsetMinutes(zone: string, at: Date): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
    const text = parts.find((one) => one.type === 'timeZoneName')?.value ?? '';
    const found = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text);
    if (!found) return undefined;
    return found[1] ? (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
  } catch {
    return undefined; // a zone that this browser does not know
  }
}

export interface TimeThere {
  clock: string; // `Thu 14:05`
  difference: string; // `1 h ahead of you`
  working: boolean; // Monday to Friday, 8 to 18
}

export function timeThere(zone: string, now: Date): TimeThere | undefined {
  const there = offsetMinutes(zone, now);
  if (there === undefined) return undefined;
  const clock = new Intl.DateTimeFormat(locale(), { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(now);
  const civil = new Date(now.getTime() + there * 60_000);
  const hour = civil.getUTCHours();
  const day = civil.getUTCDay();
  const ahead = there + now.getTimezoneOffset();
  const hours = formatNumber(Math.abs(ahead) / 60);
  const difference = ahead === 0 ? t('time_same') : t(ahead > 0 ? 'time_ahead' : 'time_behind', { hours });
  return { clock, difference, working: day >= 1 && day <= 5 && hour >= 8 && hour < 18 };
}
