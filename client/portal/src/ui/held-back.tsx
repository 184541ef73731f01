// What an upload makes it necessary to hold back from the audience, and what the audience learns all the same: told to the
// originator before anything is sent, and again once it is kept.
import type { UploadReport } from '../gen/entente/v1/statistics_pb';
import { t } from '../i18n';
import { Notice } from './basic';

export function HeldBack({ report }: { report: UploadReport }) {
  const [held, given] = [report.heldBack.length + Number(report.heldBackMore), report.givenAway.length + Number(report.givenAwayMore)];
  return (
    <>
      {held > 0 && (
        <Notice title={t('held_back', { n: held })}>
          <ul>{report.heldBack.map((one, index) => <li key={index}><code dir="ltr">{one.key} {one.period}</code>, {t('held_back_for')} <code dir="ltr">{one.protects}</code></li>)}</ul>
          {report.heldBackMore > 0n && <p>{t('told_more', { n: Number(report.heldBackMore) })}</p>}
        </Notice>
      )}
      {given > 0 && (
        <Notice tone="warn" title={t('given_away', { n: given })}>
          <ul>{report.givenAway.map((one, index) => <li key={index}><code dir="ltr">{one.key} {one.period}</code></li>)}</ul>
          {report.givenAwayMore > 0n && <p>{t('told_more', { n: Number(report.givenAwayMore) })}</p>}
        </Notice>
      )}
    </>
  );
}
