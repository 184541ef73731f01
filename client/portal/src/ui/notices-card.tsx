// How the network writes to me when something waits: at once, in the morning, or never; and where to.
import { useState } from 'preact/hooks';
import { createClient } from '@connectrpc/connect';
import { NoticeService, NoticeSettings_Delivery as Delivery, type NoticeSettings } from '../gen/entente/v1/notices_pb';
import { t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { transport } from '../lib/api';
import { useCall } from '../lib/use-call';
import { Failed, Field, Notice, Waiting } from './basic';

const notices = createClient(NoticeService, transport);
const CHOICES: [Delivery, MessageKey][] = [[Delivery.AT_ONCE, 'notices_at_once'], [Delivery.DAILY, 'notices_daily'], [Delivery.NEVER, 'notices_never']];
// As the mailer writes them; each in its own words.
const LANGUAGES = [['en', 'English'], ['fr', 'Français'], ['es', 'Español'], ['ru', 'Русский'], ['de', 'Deutsch'], ['ar', 'العربية']] as const;

export function NoticesCard() {
  const asked = useCall('notices', () => notices.getNoticeSettings({}));
  const [chosen, setChosen] = useState<NoticeSettings>();
  const [error, setError] = useState<unknown>();
  const [wanted, setWanted] = useState<{ delivery: Delivery; language: string }>(); // not kept yet: shown as chosen, and asked for anew
  const settings = chosen ?? asked.data;
  const choose = async (next: { delivery: Delivery; language: string }) => {
    setWanted(next);
    setError(undefined);
    await notices.setNoticeSettings({ settings: next }).then((kept) => { setChosen(kept); setWanted(undefined); }, setError);
  };
  return (
    <section class="card">
      <h2>{t('notices')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {error !== undefined && <Failed error={error} {...(wanted && { retry: () => void choose(wanted) })} />}
      {!settings && asked.loading && <Waiting />}
      {settings && (
        <>
          <p class="quiet-text">{settings.address === '' ? t('notices_no_address') : t('notices_to', { address: settings.address })}</p>
          {!settings.sends && <Notice tone="warn">{t('notices_not_sent')}</Notice>}
          <Field label={t('notices_when')}>
            {(props) => (
              <select {...props} value={String((wanted ?? settings).delivery)} onChange={(event) => choose({ delivery: Number(event.currentTarget.value), language: (wanted ?? settings).language })}>
                {CHOICES.map(([delivery, key]) => <option key={delivery} value={String(delivery)}>{t(key)}</option>)}
              </select>
            )}
          </Field>
          <Field label={t('notices_language')}>
            {(props) => (
              <select {...props} value={(wanted ?? settings).language} onChange={(event) => choose({ delivery: (wanted ?? settings).delivery, language: event.currentTarget.value })}>
                {LANGUAGES.map(([tag, name]) => <option key={tag} value={tag} lang={tag}>{name}</option>)}
              </select>
            )}
          </Field>
        </>
      )}
    </section>
  );
}
