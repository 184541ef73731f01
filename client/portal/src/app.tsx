// The frame around every page: who is signed in, where one can go, and what stands in when the session has ended.
import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LANGUAGES, isLanguage, t, useLanguage } from './i18n';
import { onSessionLost } from './lib/api';
import { chooseLanguage, chooseTheme, theme, type Theme } from './lib/preferences';
import { isFromThisMachine } from './lib/place';
import { linkTo, usePlace, type Place } from './lib/router';
import { signOut, startSession, useSession } from './lib/session';
import { Badge, Button, Dialog, Failed, Waiting } from './ui/basic';
import { Icon } from './ui/icons';
import { Boundary } from './ui/boundary';
import { part } from './ui/later';
import { HomePage } from './pages/home';
import { PersonPage } from './pages/person';
import { SignInForm, SignInPage } from './pages/sign-in';

type Page = ComponentType<{ place: Place }>;

const PAGES: Record<string, Page> = { '': HomePage, person: PersonPage };
// Fetched when they are first gone to.
const LATER: Record<string, () => Promise<Page>> = {
  processes: () => import('./pages/processes').then((one) => one.ProcessesPage),
  process: () => import('./pages/process').then((one) => one.ProcessPage),
  roster: () => import('./pages/roster').then((one) => one.RosterPage),
  matrix: () => import('./pages/matrix').then((one) => one.MatrixPage),
  office: () => import('./pages/office').then((one) => one.OfficePage),
  documents: () => import('./pages/documents').then((one) => one.DocumentsPage),
  document: () => import('./pages/document').then((one) => one.DocumentPage),
  bring: () => import('./pages/bring').then((one) => one.BringPage),
  send: () => import('./pages/send').then((one) => one.SendPage),
  inbox: () => import('./pages/inbox').then((one) => one.InboxPage),
  circulation: () => import('./pages/circulation').then((one) => one.CirculationPage),
  meetings: () => import('./pages/meetings').then((one) => one.MeetingsPage),
  meeting: () => import('./pages/meeting').then((one) => one.MeetingPage),
  plan: () => import('./pages/plan').then((one) => one.PlanPage),
  profile: () => import('./pages/profile').then((one) => one.ProfilePage),
  statistics: () => import('./pages/statistics').then((one) => one.StatisticsPage),
  design: () => import('./pages/design').then((one) => one.DesignPage),
  account: () => import('./pages/account').then((one) => one.AccountPage),
};

export function App() {
  useLanguage();
  const session = useSession();
  const [lost, setLost] = useState<(() => void) | undefined>(undefined);
  useEffect(() => {
    let waiting: Promise<void> | undefined;
    onSessionLost(() => waiting ??= new Promise<void>((resolve) => {
      setLost(() => () => { waiting = undefined; setLost(undefined); resolve(); });
    }));
    void startSession();
  }, []);
  if (session.kind === 'starting') return <main class="alone"><Waiting /></main>;
  if (session.kind === 'unreachable') return <main class="alone"><Failed error={session.error} retry={startSession} /></main>;
  if (session.kind === 'out') return <SignInPage ended={session.ended} preferences={<Preferences />} />;
  return (
    <>
      <Frame />
      {lost && (
        <Dialog title={t('session_ended')} close={() => undefined} mandatory>
          <p>{t('session_ended_detail')}</p>
          <SignInForm done={lost} />
        </Dialog>
      )}
    </>
  );
}

function Frame() {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const page = place.parts[0] ?? '';
  const where = place.parts.join('/');
  useLayoutEffect(() => {
    if (first.current) { first.current = false; return; }
    // Where the pages' names do not fit side by side, the present one is in sight.
    document.querySelector('.top nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    // A new page is announced and read from its title on.
    scrollTo(0, 0);
    if (page !== '' && main.current) return onceTitled(main.current);
  }, [where]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{t('skip')}</a>
      <header class="top">
        <a class="brand" href="#/">Entente</a>
        <nav aria-label={t('nav')}>
          <NavLink to={[]} here={page === '' || page === 'person'}>{t('nav_find')}</NavLink>
          <NavLink to={['documents']} here={['documents', 'document', 'bring', 'send'].includes(page)}>{t('documents')}</NavLink>
          <NavLink to={['inbox']} here={page === 'inbox' || page === 'circulation'}>{t('inbox')}</NavLink>
          <NavLink to={['meetings']} here={['meetings', 'meeting', 'plan'].includes(page)}>{t('meetings')}</NavLink>
          <NavLink to={['statistics']} here={page === 'statistics' || page === 'profile'}>{t('statistics')}</NavLink>
          <NavLink to={['processes']} here={['processes', 'process', 'roster', 'matrix'].includes(page)}>{t('processes')}</NavLink>
        </nav>
        {isFromThisMachine() && <Badge tone="good">{t('from_this_machine')}</Badge>}
        <Preferences />
        <Me />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <Boundary key={where}><PageAt page={page} place={place} /></Boundary>
      </main>
    </>
  );
}

// Gives the page's title the focus, which may come long after the page: unless the reader has gone elsewhere by then.
function onceTitled(main: HTMLElement): () => void {
  const left = document.activeElement;
  const look = () => {
    const title = main.querySelector('h1');
    if (!title) return;
    coming.disconnect();
    if (document.activeElement === left || document.activeElement === document.body) title.focus({ preventScroll: true });
  };
  const coming = new MutationObserver(look);
  coming.observe(main, { childList: true, subtree: true });
  look();
  return () => coming.disconnect();
}

function NavLink({ to, here, children }: { to: string[]; here: boolean; children: string }) {
  return <a href={linkTo(to)} aria-current={here ? 'page' : undefined}>{children}</a>;
}

function PageAt({ page, place }: { page: string; place: Place }) {
  const [loaded, setLoaded] = useState<{ page: string; Shown?: Page; error?: unknown }>({ page: '' });
  const [attempt, setAttempt] = useState(0);
  const Now = PAGES[page];
  const later = LATER[page];
  useEffect(() => {
    if (!later) return;
    let gone = false;
    part(later).then((Shown) => { if (!gone) setLoaded({ page, Shown }); },
      (error: unknown) => { if (!gone) setLoaded({ page, error }); });
    return () => { gone = true; };
  }, [page, attempt]);
  if (Now) return <Now place={place} />;
  if (!later) return <section class="page"><h1 tabIndex={-1}>{t('error_not_found')}</h1><p>{t('error_not_found_detail')}</p><a href="#/">{t('nav_find')}</a></section>;
  if (loaded.page === page && loaded.Shown) return <loaded.Shown place={place} />;
  if (loaded.page === page && loaded.error) return <Failed error={loaded.error} retry={() => setAttempt((n) => n + 1)} />;
  return <Waiting />;
}

function Me() {
  const session = useSession();
  const [failed, setFailed] = useState<unknown>();
  if (session.kind !== 'in') return null;
  const leave = () => signOut().catch(setFailed);
  return (
    <div class="me">
      <a href={linkTo(['account'])} aria-label={t('my_account')}><Icon name="user" /> <bdi>{session.person?.displayName ?? session.session.account}</bdi></a>
      <Button kind="quiet" onClick={leave}>{t('sign_out')}</Button>
      {failed !== undefined && <Failed error={failed} />}
    </div>
  );
}

export function Preferences() {
  const language = useLanguage();
  const [light, setLight] = useState<Theme>(theme());
  const [failed, setFailed] = useState<unknown>();
  const speak = (to: string) => {
    if (!isLanguage(to)) return;
    setFailed(undefined);
    void chooseLanguage(to).catch(setFailed);
  };
  return (
    <div class="preferences">
      <label><span class="unseen">{t('language')}</span>
        <select value={language} onChange={(event) => speak(event.currentTarget.value)}>
          {Object.entries(LANGUAGES).map(([tag, name]) => <option key={tag} value={tag} lang={tag}>{name}</option>)}
        </select>
      </label>
      <label><span class="unseen">{t('theme')}</span>
        <select value={light} onChange={(event) => { const to = event.currentTarget.value as Theme; setLight(to); chooseTheme(to); }}>
          <option value="auto">{t('theme_auto')}</option>
          <option value="light">{t('theme_light')}</option>
          <option value="dark">{t('theme_dark')}</option>
        </select>
      </label>
      {failed !== undefined && <Failed error={failed} />}
    </div>
  );
}
