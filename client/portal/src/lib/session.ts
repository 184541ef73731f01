// Who is signed in on this page, and in the other tabs of the same browser.
import { useEffect, useState } from 'preact/hooks';
import type { Person } from '../gen/entente/v1/directory_pb';
import { HeldDuty_Duty, type Session } from '../gen/entente/v1/session_pb';
import { QUIET, directory, isUnreachable, reasonOf, sessions } from './api';
import { isFromThisMachine, learnServer } from './place';
import { forget } from './use-call';

export type SessionState =
  | { kind: 'starting' }
  | { kind: 'unreachable'; error: unknown }
  | { kind: 'out'; ended: boolean }
  | { kind: 'in'; session: Session; person: Person | undefined };

let state: SessionState = { kind: 'starting' };
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel('entente');

function become(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

export function useSession(): SessionState {
  const [shown, show] = useState(state);
  useEffect(() => {
    const changed = () => show(state);
    listeners.add(changed);
    changed();
    return () => void listeners.delete(changed);
  }, []);
  return shown;
}

export function me(): { session: Session; person: Person | undefined } | undefined {
  return state.kind === 'in' ? state : undefined;
}
export function holds(duty: HeldDuty_Duty, process?: string, party?: string): boolean {
  return state.kind === 'in' && state.session.duties.some((one) =>
    one.duty === duty && (!process || one.process === process) && (!party || one.party === party));
}

// That somebody has signed in here and not out again; not who. The cookie itself is out of a page's reach.
const MARK = 'entente.signed-in';
function mark(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(MARK, '1');
    else localStorage.removeItem(MARK);
  } catch { /* storage is forbidden: asked each time */ }
}
function marked(): boolean {
  if (isFromThisMachine()) return true; // its session is this machine's client's
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return true;
  }
}

// Asks whether the cookie still opens a session.
export async function startSession(): Promise<void> {
  if (!marked()) return become({ kind: 'out', ended: false });
  become({ kind: 'starting' });
  try {
    const session = await sessions.getSession({}, { headers: { [QUIET]: '1' } });
    await enter(session);
  } catch (error) {
    if (reasonOf(error) === 'SIGNED_OUT') {
      mark(false);
      become({ kind: 'out', ended: false });
    }
    else become({ kind: 'unreachable', error });
  }
}

async function enter(session: Session): Promise<void> {
  const person = session.person === '' ? undefined
    : await directory.getPerson({ name: session.person }).catch((error) => { if (isUnreachable(error)) throw error; return undefined; });
  await learnServer();
  mark(true);
  become({ kind: 'in', session, person });
  for (const entering of onEnter) entering();
}
const onEnter = new Set<() => void>();
// What a session's pages want at hand before they ask for it.
export function whenSignedIn(work: () => void): void {
  onEnter.add(work);
}

export async function signIn(password: string): Promise<void> {
  const reply = await sessions.signIn({ password });
  if (reply.session) await enter(reply.session);
  tabs.postMessage('in');
}

export async function signOut(): Promise<void> {
  await sessions.signOut({}).catch((error) => { if (isUnreachable(error)) throw error; });
  leave();
  tabs.postMessage('out');
}

function leave(): void {
  mark(false);
  forget();
  for (const leaving of onLeave) leaving();
  become({ kind: 'out', ended: true });
}
const onLeave = new Set<() => void>();
// What must not outlast the session registers here.
export function whenSignedOut(work: () => void): void {
  onLeave.add(work);
}

export function refreshPerson(person: Person): void {
  if (state.kind === 'in' && state.person?.name === person.name) become({ ...state, person });
}

tabs.onmessage = (event: MessageEvent<unknown>) => {
  if (event.data === 'out' && state.kind === 'in') leave();
  if (event.data === 'in' && state.kind === 'out') void startSession();
};
