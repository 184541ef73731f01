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
  const settings = chosen ?? asked.data;
  const choose = async (delivery: Delivery, language: string) => {
    setError(undefined);
    await notices.setNoticeSettings({ settings: { delivery, language } }).then(setChosen, setError);
  };
  return (
    <section class="card">
      <h2>{t('notices')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {error !== undefined && <Failed error={error} />}
      {!settings && asked.loading && <Waiting />}
      {settings && (
        <>
          <p class="quiet-text">{settings.address === '' ? t('notices_no_address') : t('notices_to', { address: settings.address })}</p>
          {!settings.sends && <Notice tone="warn">{t('notices_not_sent')}</Notice>}
          <Field label={t('notices_when')}>
            {(props) => (
              <select {...props} value={String(settings.delivery)} onChange={(event) => choose(Number(event.currentTarget.value), settings.language)}>
                {CHOICES.map(([delivery, key]) => <option key={delivery} value={String(delivery)}>{t(key)}</option>)}
              </select>
            )}
          </Field>
          <Field label={t('notices_language')}>
            {(props) => (
              <select {...props} value={settings.language} onChange={(event) => choose(settings.delivery, event.currentTarget.value)}>
                {LANGUAGES.map(([tag, name]) => <option key={tag} value={tag} lang={tag}>{name}</option>)}
              </select>
            )}
          </Field>
        </>
      )}
    </section>
  );
}
