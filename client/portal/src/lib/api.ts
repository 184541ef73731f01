// Calls to the server that this page came from. Connect over POST: what is asked never stands in an address. The
// session is a cookie that no script can read; a call that finds it ended waits until the reader has signed in again
// and then goes on, so that nothing typed is lost.
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AccessService } from '../gen/entente/v1/access_pb';
import { DirectoryService } from '../gen/entente/v1/directory_pb';
import { LedgerService } from '../gen/entente/v1/ledger_pb';
import { SessionService } from '../gen/entente/v1/session_pb';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, type BadRequest_FieldViolation } from '../gen/google/rpc/error_details_pb';

// Set once, by the app: shows the sign-in over the page; resolves when it is done.
let signInAgain: () => Promise<void> = () => Promise.reject(new Error('not started'));
export function onSessionLost(ask: () => Promise<void>): void {
  signInAgain = ask;
}

// Calls that do not need a session, or ask whether there is one.
const WITHOUT_SESSION = new Set(['SignIn', 'RedeemCode', 'SignOut']);
export const QUIET = 'entente-portal-quiet'; // never sent: asks for the error instead of a sign-in

const keepsSession: Interceptor = (next) => async (request) => {
  const quiet = request.header.has(QUIET);
  request.header.delete(QUIET);
  request.header.set('entente-browser', '1');
  try {
    return await next(request);
  } catch (error) {
    if (quiet || WITHOUT_SESSION.has(request.method.name) || reasonOf(error) !== 'SIGNED_OUT') throw error;
    await signInAgain();
    return await next(request);
  }
};

export const transport = createConnectTransport({
  baseUrl: location.origin,
  useBinaryFormat: true,
  interceptors: [keepsSession],
  fetch: (input, init) => fetch(input, { ...init, credentials: 'same-origin', cache: 'no-store', redirect: 'error' }),
});

export const directory = createClient(DirectoryService, transport);
export const sessions = createClient(SessionService, transport);
export const access = createClient(AccessService, transport);
export const ledger = createClient(LedgerService, transport);

// `SIGNED_OUT`, `REVISION_STALE`; empty if the server said none (or never answered).
export function reasonOf(error: unknown): string {
  return error instanceof ConnectError ? (error.findDetails(ErrorInfoSchema)[0]?.reason ?? '') : '';
}

export function violationsOf(error: unknown): BadRequest_FieldViolation[] {
  return error instanceof ConnectError ? (error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []) : [];
}

export function retrySecondsOf(error: unknown): number {
  const delay = error instanceof ConnectError ? error.findDetails(RetryInfoSchema)[0]?.retryDelay : undefined;
  return delay ? Number(delay.seconds) + delay.nanos / 1e9 : 0;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.NotFound;
}

// The line is down, or the server away: worth trying again.
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return error instanceof TypeError;
  return error.code === Code.Unavailable || (error.code === Code.Unknown && error.cause instanceof TypeError) ||
    (error.code === Code.Unknown && /fetch/i.test(error.rawMessage));
}

export function isCancelled(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Canceled;
}

// All pages of a list.
export async function allPages<Reply extends { nextPageToken: string }, Row>(
  ask: (pageToken: string) => Promise<Reply>, rows: (reply: Reply) => Row[], most = 20_000): Promise<Row[]> {
  const all: Row[] = [];
  for (let token = ''; ;) {
    const reply = await ask(token);
    all.push(...rows(reply));
    token = reply.nextPageToken;
    if (token === '' || all.length >= most) return all;
  }
}
