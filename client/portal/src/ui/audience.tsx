// Who is to see something: chosen in words, and told, by the code that will decide, before it is sent.
import { useEffect, useState } from 'preact/hooks';
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { Handling, type Visibility } from '../gen/entente/v1/types_pb';
import { collator, t } from '../i18n';
import { access } from '../lib/api';
import { lastPart, partyName, plainly } from '../lib/names';
import { holdsOn, participationsOf, standingOn, today } from '../lib/participations';
import { bodiesOf, parties } from '../lib/people';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Button, Failed, Notice, Waiting } from './basic';
import { principalInWords, Reckoned } from './record-panel';

export interface Chosen {
  anyOf: string[];
  noneOf: string[];
}
const GROUPS = ['members', 'observers', 'partners', 'secretariat', 'chair'];

export function AudienceFields({ process, chosen, choose }: { process: string; chosen: Chosen; choose: (next: Chosen) => void }) {
  const id = lastPart(process);
  const asked = useCall(process === '' ? null : `groups ${process}`, async () => {
    const [bodies, members, known] = await Promise.all([
      bodiesOf(process), participationsOf(process), parties()]);
    const day = today();
    const codes = members.filter((one) => standingOn(one, day)).map((one) => lastPart(one.party));
    return { bodies: bodies.filter((one) => holdsOn(one.span, day)), known, codes: codes.sort((a, b) => collator().compare(partyName(a, known.get(`parties/${a}`)), partyName(b, known.get(`parties/${b}`)))) };
  });
  if (process === '') return null;
  if (!asked.data) return asked.error === undefined ? <Waiting /> : <Failed error={asked.error} retry={asked.retry} />;
  const { bodies, known, codes } = asked.data;
  const principals = [...GROUPS.map((one) => `process/${id}/${one}`), ...bodies.map((one) => `process/${id}/body/${lastPart(one.name)}`)];
  const titles = new Map(bodies.map((one) => [one.name, plainly(one.title)]));
  const toggle = (side: keyof Chosen, one: string) => choose({ ...chosen, [side]: chosen[side].includes(one) ? chosen[side].filter((other) => other !== one) : [...chosen[side], one] });
  const single = (side: keyof Chosen, label: string) => (
    <div class="singles">
      <label>{label} <select value="" onChange={(event) => { const code = event.currentTarget.value; event.currentTarget.value = ''; if (code !== '') toggle(side, `party/${code}`); }}>
        <option value="">{t('choose')}</option>
        {codes.filter((code) => !chosen[side].includes(`party/${code}`)).map((code) => <option key={code} value={code}>{partyName(code, known.get(`parties/${code}`))}</option>)}
      </select></label>
      {chosen[side].filter((one) => one.startsWith('party/')).map((one) => <Button key={one} kind="quiet" icon="close" aria-label={t('remove_what', { what: principalInWords(one, known) })} onClick={() => toggle(side, one)}>{principalInWords(one, known)}</Button>)}
    </div>
  );
  const boxes = (side: keyof Chosen) => (
    <ul class="bare boxes">{principals.map((one) => <li key={one}><label><input type="checkbox" checked={chosen[side].includes(one)} onChange={() => toggle(side, one)} /> <span>{principalInWords(one, known, titles)}</span></label></li>)}</ul>
  );
  return (
    <div class="audience">
      <fieldset><legend>{t('to_whom')}</legend>{boxes('anyOf')}{single('anyOf', t('and_party'))}</fieldset>
      <details open={chosen.noneOf.length > 0}><summary>{t('but_not')}</summary><fieldset><legend class="unseen">{t('but_not')}</legend>{boxes('noneOf')}{single('noneOf', t('and_party'))}</fieldset></details>
    </div>
  );
}

// Asked anew at each change, so that nobody sends by guesswork.
export function WhoWillSee({ visibility, process, told }: { visibility: Visibility; process: string; told: (reckoning: Reckoning | undefined) => void }) {
  const nobody = (visibility.audience?.anyOf.length ?? 0) === 0;
  const key = nobody || process === '' ? null : JSON.stringify([process, visibility.audience?.anyOf, visibility.audience?.noneOf, visibility.handling, String(visibility.embargoUntil?.seconds), String(visibility.expiresAt?.seconds)]);
  const asked = useCall(key, async (signal) => ({ key, reckoning: (await access.whoCanSee({ subject: { case: 'draft', value: { visibility, process } } }, { signal })).reckoning, known: await parties() }));
  const [known, setKnown] = useState<Map<string, Party>>();
  const now = asked.data?.key === key ? asked.data : undefined;
  useEffect(() => { told(now?.reckoning); if (now) setKnown(now.known); }, [now]);
  return (
    <section class="who-will-see" aria-label={t('who_will_see')} aria-live="polite">
      <h2>{t('who_will_see')}</h2>
      {nobody && <p class="quiet-text">{t('nobody_chosen')}</p>}
      {asked.error !== undefined && key !== null && <Failed error={asked.error} retry={asked.retry} />}
      {key !== null && !now && asked.loading && <Waiting lines={1} />}
      {now?.reckoning && known && <>
        <Reckoned reckoning={now.reckoning} known={known} />
        {now.reckoning.unknown.length > 0 && <Notice tone="warn">{t('not_seen_by_you', { what: now.reckoning.unknown.join(', ') })}</Notice>}
        {visibility.handling >= Handling.RESTRICTED && <p class="quiet-text">{t('each_leaves_receipt')}</p>}
      </>}
    </section>
  );
}
