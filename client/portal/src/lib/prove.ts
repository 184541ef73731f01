// To whom, and by whom, something is sealed: what the server says of offices and certificates, proved as the client library
// does (docs/sealing.md, appointments.md). A recipient that only the host vouches for is refused. What the page cannot
// check: whether other parties' witnesses have looked at the ledger, for it was given none of their keys.
import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { CertificateService, type Certificate } from '../gen/entente/v1/account_pb';
import { OfficeKind, Participation_Status as Status, type Appointment, type Office } from '../gen/entente/v1/directory_pb';
import { SealingService, type SealRecipient } from '../gen/entente/v1/sealing_pb';
import type { Audience } from '../gen/entente/v1/types_pb';
import { VisibilitySchema, type Visibility } from '../gen/entente/v1/types_pb';
import { allPages, directory, isNotFound, transport } from './api';
import { hex, isSound, newestCheckpoint, provedEntry, same, type Checkpoint } from './ledger';
import { holdsOn, participationsOf, today } from './participations';
import { sha256 } from './octets';
import { rosterDigest } from './seal';
import { SealError } from './sealed';
import { holdsUnder, isOfOffice, isOfParty, readCertificate } from './x509';

const certificates = createClient(CertificateService, transport);
export const sealing = createClient(SealingService, transport);

export async function soundCheckpoint(): Promise<Checkpoint> {
  const checkpoint = await newestCheckpoint();
  if (!isSound(checkpoint)) throw new SealError('the ledger is not the one that this browser saw before');
  return checkpoint;
}

// What was proved under one checkpoint is not asked for again under it.
const proved = new WeakMap<Checkpoint, Map<string, Promise<unknown>>>();
function under<T>(checkpoint: Checkpoint, key: string, ask: () => Promise<T>): Promise<T> {
  const known = proved.get(checkpoint) ?? new Map<string, Promise<unknown>>();
  proved.set(checkpoint, known);
  const found = known.get(key) as Promise<T> | undefined;
  if (found) return found;
  const asked = ask();
  known.set(key, asked);
  return asked;
}

// A certificate, by its name, that stands in the ledger.
const entered = (name: string, checkpoint: Checkpoint) => under(checkpoint, name, () => enteredNow(name, checkpoint));
async function enteredNow(name: string, checkpoint: Checkpoint): Promise<Certificate> {
  const shown = await certificates.getCertificate({ name });
  if (shown.name !== name || `certificates/${hex(await sha256(shown.der))}` !== name) throw new SealError(`${name} is another one`);
  if (shown.entryIndex >= checkpoint.size) throw new SealError(`${name} was entered a moment ago, and no checkpoint over it is signed yet: try again`);
  const entry = await provedEntry(shown.entryIndex, checkpoint);
  if (!entry || entry.kind !== 'identity.certificate.enter' || (entry.object !== name && !entry.touched.includes(name))) throw new SealError(`${name} does not stand in the ledger`);
  return shown;
}
const anchorsOf = (party: string, checkpoint: Checkpoint) => under(checkpoint, party, async () => (await certificates.listAnchors({ party })).anchors.map((one) => one.der));

// That `party`'s account sealed it, by a certificate that stands in the ledger.
export async function proveHand(signer: string, account: string, party: string, checkpoint: Checkpoint): Promise<void> {
  const shown = await entered(`certificates/${signer}`, checkpoint);
  if (shown.account !== account || account.slice(0, account.indexOf('/accounts/')) !== party || !await isOfParty(shown.der, party, await anchorsOf(party, checkpoint))) throw new SealError(`it was not sealed by ${party}, but by another’s key`);
}
export async function proveRoster(origin: string, recipients: readonly SealRecipient[], digest: Uint8Array): Promise<void> {
  if (!same(await rosterDigest(origin, recipients), digest)) throw new SealError('the server names other recipients than those to whom it was sealed');
}

// Whether a principal may mean an office (proto/contract/roster.cc): the audience as its sender wrote it.
export function mayAnswer(principal: string, office: Pick<Office, 'kind' | 'party' | 'process'>, persons: readonly string[]): boolean {
  const [kind = '', first = '', ...rest] = principal.split('/');
  if (kind === 'person') return persons.includes(`persons/${[first, ...rest].join('/')}`);
  if (kind === 'party' || kind === 'institution' || kind === 'account') return office.party === `parties/${first}`;
  if (kind === 'contributors') return true;
  if (kind !== 'process') return false;
  const ofProcess = office.process === `processes/${first}`;
  return rest.join('/') === 'secretariat' ? office.kind === OfficeKind.SECRETARIAT_STAFF && ofProcess : ofProcess || office.process === '';
}
const STANDINGS: Record<string, Status> = { members: Status.MEMBER, observers: Status.OBSERVER, partners: Status.PARTNER };

async function hasStanding(principal: string, party: string): Promise<boolean> {
  const [kind, process = '', last = ''] = principal.split('/');
  const wanted = kind === 'process' ? STANDINGS[last] : undefined;
  if (wanted === undefined) return true;
  const found = (await participationsOf(`processes/${process}`)).find((one) => one.party === party);
  return found?.standings.some((one) => one.status === wanted && holdsOn(one.span, today())) ?? false;
}

// Whether its party has signed that this appointment, and so the office, is as it is shown.
async function isSigned(office: Office, one: Appointment, checkpoint: Checkpoint): Promise<boolean> {
  if (one.office !== office.name) throw new SealError(`${one.name} is to another office`);
  if (one.signature.length === 0) return false;
  const words = ['entente/appointment/1', checkpoint.origin, one.name, office.name, String(office.kind), office.party, office.process, office.body, one.person, String(one.capacity), one.span?.since ?? ''];
  const shown = await entered(`certificates/${hex(one.signerCertificateSha256)}`, checkpoint);
  const holds = !words.some((word) => word.includes('\n')) && await isOfParty(shown.der, office.party, await anchorsOf(office.party, checkpoint)) &&
    await holdsUnder(readCertificate(shown.der).spki, 'SHA-256', one.signature, new TextEncoder().encode(words.join('\n')));
  if (!holds) throw new SealError(`${one.name} is not what its party signed`);
  return true;
}

export interface Proven {
  office: string;
  party: string;
  certificate: string;
  der: Uint8Array;
}

async function proveOffice(named: SealRecipient, audience: Audience, checkpoint: Checkpoint): Promise<Proven> {
  const ghost = (why: string) => new SealError(`the server names ${named.office} among those that it is to be sealed to, and that is not so: ${why}. Nothing was sealed or sent`);
  const holders = await allPages((pageToken) => directory.getOfficeHistory({ name: named.office, pageSize: 1000, pageToken }), (reply) => [reply])
    .catch((error: unknown) => { if (isNotFound(error)) throw ghost('it shows you no such office'); throw error; });
  const office = holders[0]?.office;
  if (!office || office.name !== named.office || office.party !== named.party) throw ghost('it is another party’s');
  const now = holders.flatMap((one) => one.holders).flatMap((one) => one.appointment && holdsOn(one.appointment.span, today()) ? [one.appointment] : []);
  const persons = now.map((one) => one.person);
  const excluded = audience.noneOf.find((one) => !one.startsWith('process/') && mayAnswer(one, office, persons));
  if (excluded) throw ghost(`you have excluded ${excluded}`);
  let meant = false;
  for (const one of audience.anyOf) meant = meant || (mayAnswer(one, office, persons) && await hasStanding(one, office.party));
  if (!meant) throw ghost('you have named nobody that it answers to');
  let signedBy = false;
  for (const one of now) signedBy = await isSigned(office, one, checkpoint) || signedBy;
  if (!signedBy) throw new SealError(`nobody of ${office.party} has signed who holds ${office.name}: the operator entered it. Ask them to sign it, or choose an audience without it`);
  const shown = await entered(named.certificate, checkpoint);
  if (shown.office !== office.name || shown.revoked || !await isOfOffice(shown.der, office.party, office.name, await anchorsOf(office.party, checkpoint), new Date()))
    throw ghost(`the certificate is not one that ${office.party} has issued to it and that holds today`);
  return { office: office.name, party: office.party, certificate: named.certificate, der: shown.der };
}

export interface Recipients {
  origin: string;
  offices: Proven[];
  digest: Uint8Array;
  without: string[]; // offices of the audience without a certificate: they see it, and cannot open it
}

// Of whom: a document that is to be made in a process, or one that is there; `have`: certificates that are left out.
type Of = { process: string } | { document: string; have?: ReadonlySet<string> };

// Every office of the audience, each proved before anything is sealed to it. None: of what is there, everybody was left out.
export async function proveRecipients(visibility: Visibility, of: Of): Promise<Recipients> {
  const checkpoint = await soundCheckpoint();
  const audience = visibility.audience;
  if (!audience) throw new SealError('there is nobody to seal to, or too many');
  const roster = await sealing.getRoster({ subject: 'document' in of ? { case: 'document', value: of.document } : { case: 'draft', value: { visibility: create(VisibilitySchema, visibility), process: of.process } } });
  const have = 'document' in of ? of.have : undefined;
  const offices = await Promise.all(roster.recipients.filter((one) => !have?.has(one.certificate)).map((one) => proveOffice(one, audience, checkpoint)));
  if (offices.length === 0 && !have) throw new SealError('no office of the audience has a certificate that it could be sealed to');
  return { origin: checkpoint.origin, offices, digest: await rosterDigest(checkpoint.origin, offices), without: roster.without };
}
