// Whether these pages come from the reader's own machine (`entente portal`) and not from the server: no other machine's can
// bear such a name (client/lib/local_portal.h), for a browser asks nobody where it is.
export function isFromThisMachine(): boolean {
  return /^entente-[0-9a-f]{32}\.localhost$/.test(location.hostname);
}

// Whose network this is: `https://entente.example:8443`, for what a reader takes along.
let server = location.origin;
export function serverOrigin(): string {
  return server;
}
export async function learnServer(): Promise<void> {
  if (!isFromThisMachine()) return;
  const reply = await fetch('/server', { headers: { 'entente-browser': '1' }, cache: 'no-store', redirect: 'error' });
  if (reply.ok) server = (await reply.text()).trim();
}
