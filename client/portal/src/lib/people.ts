// Persons with what belongs to them, as more than one page shows them.
import type { Answer, Held, Party } from './types';
import type { Person } from '../gen/entente/v1/directory_pb';
import { Contact_Kind } from '../gen/entente/v1/directory_pb';
import { allPages, directory, isNotFound } from './api';
import { plainly } from './names';
import { once } from './use-call';

export function parties(): Promise<Map<string, Party>> {
  return once('parties', async () => {
    const all = await allPages((pageToken) => directory.listParties({ pageSize: 1000, pageToken }), (reply) => reply.parties);
    return new Map(all.map((party) => [party.name, party]));
  });
}

// A few of them, each asked for by itself: the first page wants two or three of some two hundred.
export async function partiesNamed(names: readonly string[]): Promise<Map<string, Party>> {
  const found = await Promise.all([...new Set(names)].map((name) => once(`party ${name}`, () => directory.getParty({ name }).catch((error: unknown) => { if (isNotFound(error)) return undefined; throw error; }))));
  return new Map(found.flatMap((one) => one ? [[one.name, one] as const] : []));
}

export function bodiesOf(process: string) {
  return allPages((pageToken) => directory.listBodies({ process, pageSize: 1000, pageToken }), (reply) => reply.bodies);
}
// What bodies are called, by their names, of all processes that `about` names; none of those that are not for the reader.
export async function bodyTitles(about: readonly string[]): Promise<Map<string, string>> {
  const all = await Promise.all([...new Set(about)].map((process) => bodiesOf(process).catch((error: unknown) => { if (isNotFound(error)) return []; throw error; })));
  return new Map(all.flat().map((one) => [one.name, plainly(one.title)]));
}

export function processes() {
  return once('processes', async () => (await directory.listProcesses({})).processes);
}

// The offices that a person holds now, and how.
export async function officesOf(person: Person): Promise<Held[]> {
  const held = await allPages((pageToken) => directory.listOffices({ party: person.party, pageSize: 1000, pageToken }), (reply) => reply.offices);
  return held.filter((one) => one.appointments.some((appointment) => appointment.person === person.name));
}

export async function officeHistory(office: string): Promise<Answer[]> {
  return allPages((pageToken) => directory.getOfficeHistory({ name: office, pageSize: 1000, pageToken }), (reply) => reply.holders);
}

export function telephones(person: Person) {
  return person.contacts.filter((one) => one.kind === Contact_Kind.TELEPHONE || one.kind === Contact_Kind.MOBILE);
}
export function emails(person: Person) {
  return person.contacts.filter((one) => one.kind === Contact_Kind.EMAIL);
}

// How the persons of a process are called, as far as the reader may see their entries; `` for all.
export function namesIn(process: string): Promise<Map<string, string>> {
  return once(`names ${process}`, async () => {
    const found = await allPages((pageToken) => directory.searchPersons({ process, pageSize: 1000, pageToken }), (reply) => reply.found);
    return new Map(found.flatMap(({ person }) => person ? [[person.name, plainly(person.displayName)] as const] : []));
  });
}
