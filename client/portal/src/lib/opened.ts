// A confidential document fetched and opened with an office's key of this browser, and sealed on to who joined its audience
// since: everything that is shown or passed on is proved first, as the client library does (client/lib/sealing.cc).
import { Content_Status, type Content, type Document } from '../gen/entente/v1/documents_pb';
import type { Envelope } from '../gen/entente/v1/sealing_pb';
import { t } from '../i18n';
import { allPages } from './api';
import { signDetached, signEnclosed } from './cms';
import { documents } from './documents';
import { base64, hex, same } from './ledger';
import { lastPart } from './names';
import { officeKeys } from './office-keys';
import { sha256 } from './octets';
import type { Signer } from './pkcs12';
import { proveHand, proveRecipients, proveRoster, sealing, soundCheckpoint, type Recipients } from './prove';
import { manifestText, sealEnvelope, toBase64 } from './seal';
import { openBody, openEnvelope, openShared, SealError, type Manifest } from './sealed';
import { me } from './session';

const PAGE_BYTES_MAX = 256_000_000; // opened in memory

export interface Opened {
  manifest: Manifest;
  signer: string;
  text: Uint8Array;
}
interface Inside {
  manifest: Manifest;
  signer: string;
  enclosed: Uint8Array; // the signed message, as it lay in the envelope
  envelope: Envelope;
  reading: string;
}

const partyOf = (account: string) => account.slice(0, account.indexOf('/accounts/'));

// A receipt first, then the newest envelope that a key of this browser opens; whose hand it was and to whom it was sealed has held.
async function lookInside(document: Document, content: Content, signal?: AbortSignal): Promise<Inside> {
  const keys = await officeKeys();
  if (keys.length === 0) throw new SealError(t('no_office_key'));
  const reading = await documents.openDocument({ name: document.name, language: content.language }, signal ? { signal } : {});
  const envelopes = await allPages((pageToken) => sealing.listEnvelopes({ name: reading.name, pageToken }, signal ? { signal } : {}), (reply) => reply.envelopes);
  for (const envelope of envelopes) {
    const key = keys.find((one) => envelope.recipients.some((to) => lastPart(to.certificate) === one.certificate));
    if (!key) continue;
    const { manifest, signer, enclosed } = await openEnvelope(envelope.cms, key, document.name);
    const checkpoint = await soundCheckpoint();
    if (manifest.network !== checkpoint.origin || manifest.originator !== document.originator || manifest.language !== content.language || BigInt(manifest.revision) > document.revision ||
      !same(base64(manifest.sealedSha256), content.sha256))
      throw new SealError('the envelope is of another document');
    // What was shared on was sealed by another office's hand, and bears its originator's within; a translation may be another party's.
    const isOriginal = content.status === Content_Status.ORIGINAL;
    await proveHand(signer, manifest.sealedBy, manifest.sharedFrom || !isOriginal ? partyOf(manifest.sealedBy) : manifest.originator, checkpoint);
    await proveRoster(manifest.network, envelope.recipients, base64(manifest.rosterSha256));
    if (manifest.sharedFrom) {
      const before = await openShared(manifest);
      await proveHand(before.signer, before.manifest.sealedBy, isOriginal ? before.manifest.originator : partyOf(before.manifest.sealedBy), checkpoint);
    }
    return { manifest, signer, enclosed, envelope, reading: reading.name };
  }
  throw new SealError(t('not_sealed_to_you'));
}

export async function openSealed(document: Document, content: Content, signal: AbortSignal): Promise<Opened> {
  if (Number(content.bytes) > PAGE_BYTES_MAX) throw new SealError(t('too_large_to_show'));
  const { manifest, signer, reading } = await lookInside(document, content, signal);
  const parts: Uint8Array[] = [];
  for await (const part of documents.readContent({ name: reading }, { signal })) parts.push(part.content);
  const body = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  return { manifest, signer, text: await openBody(manifest, body) };
}

export interface Sharing {
  inside: Inside;
  recipients: Recipients; // those who have no envelope yet, each proved; none: everybody has one
}

// Who would get it, by certificate: whose was revoked since has a new one, and no envelope for it.
export async function proveShare(document: Document, content: Content): Promise<Sharing> {
  const inside = await lookInside(document, content);
  if (!document.visibility) throw new SealError('there is nobody to seal to, or too many');
  const have = new Set(inside.envelope.recipients.map((one) => one.certificate));
  return { inside, recipients: await proveRecipients(document.visibility, { document: document.name, have }) };
}

export async function share(document: Document, { inside, recipients }: Sharing, signer: Signer): Promise<void> {
  const { manifest: before, enclosed } = inside;
  const manifest: Manifest = { ...before, sharedFrom: before.sharedFrom || toBase64(enclosed), rosterSha256: toBase64(recipients.digest), sealedBy: me()?.session.account ?? '',
    sealedAt: `${new Date().toISOString().slice(0, 19)}Z` };
  const cms = await sealEnvelope(await signEnclosed(signer, manifestText(manifest), new Date()), recipients.offices.map((one) => one.der));
  const signature = await signDetached(signer, ['entente-share/1', document.name, manifest.language, hex(await sha256(cms)), hex(recipients.digest), ''].join('\n'));
  await sealing.shareEnvelope({ document: document.name, language: manifest.language, cms, rosterSha256: recipients.digest, ...signature,
    recipients: recipients.offices.map(({ office, party, certificate }) => ({ office, party, certificate })) });
}
