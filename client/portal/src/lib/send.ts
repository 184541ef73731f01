// A document on its way to the server: in pieces, digested at both ends, signed where a key was given.
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { create } from '@bufbuild/protobuf';
import { DocumentSchema, type Document, type Document_Silence } from '../gen/entente/v1/documents_pb';
import { signDetached, signEnclosed } from './cms';
import { documents } from './documents';
import { hex } from './ledger';
import { me } from './session';
import { SealError, type Manifest } from './sealed';
import { sha256 } from './octets';
import type { Signer } from './pkcs12';
import { sealing, type Recipients } from './prove';
import { bodyOf, manifestText, sealEnvelope, toBase64 } from './seal';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { BeginContentRequestSchema } from '../gen/entente/v1/documents_pb';

export const CONTENT_BYTES_MAX = 256_000_000; // the digest is made of the whole, in memory; larger by the command line
type Wanted = Omit<MessageInitShape<typeof BeginContentRequestSchema>, 'uploadId' | '$typeName'>;

// The silences that end once a document has this text in this language, as they run now; the text that is there already ends none.
export async function endedBy(name: string, language: string, text: Blob): Promise<Document_Silence[]> {
  const { contents, silences } = await documents.getDocument({ name });
  const ends = silences.filter((one) => one.languages.includes(language));
  const there = contents.find((one) => one.language === language);
  return there && ends.length > 0 && hex(there.sha256) === hex(await sha256(new Uint8Array(await text.arrayBuffer()))) ? [] : ends;
}

export interface Sent {
  document: Document;
  readers: Reckoning | undefined;
}

export async function bring(wanted: Wanted, file: File, signer: Signer | undefined, progress: (share: number) => void): Promise<Sent> {
  const uploadId = `portal-${hex(crypto.getRandomValues(new Uint8Array(16)))}`;
  const octets = new Uint8Array(await file.arrayBuffer());
  const digest = await sha256(octets);
  const begun = await documents.beginContent({ ...wanted, uploadId });
  const size = Math.min(begun.pieceBytesMax || 1 << 20, 1 << 20);
  for (let at = Number(begun.offset); at < octets.length; at += size) {
    await documents.sendContent({ uploadId, offset: BigInt(at), content: octets.subarray(at, at + size) });
    progress(Math.min(1, (at + size) / octets.length));
  }
  // docs/documents.md: what is signed, a line each.
  const { document, content } = wanted;
  const manifest = ['entente-document/1', document?.name ?? '', document?.name ? '' : document?.process ?? '', uploadId, content?.language ?? '', content?.fileName ?? '',
    content?.mediaType ?? '', String(octets.length), hex(digest), ''].join('\n');
  const signature = signer ? await signDetached(signer, manifest) : {};
  return { document: await documents.finishContent({ uploadId, sha256: digest, ...signature }), readers: begun.readers };
}

const TYPES: Record<string, string> = { pdf: 'application/pdf', txt: 'text/plain', csv: 'text/csv', docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', zip: 'application/zip' };
export function mediaTypeOf(file: File): string {
  const ending = file.name.slice(file.name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[ending] ?? (/^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : 'application/octet-stream');
}

// A confidential one, sealed here, or the next revision of one that is `there`: what leaves the browser is the sealed body and the envelope. `recipients` are proved.
export async function bringSealed(wanted: Wanted, file: File, signer: Signer, recipients: Recipients, progress: (share: number) => void, there?: Document): Promise<Sent> {
  const { document, content } = wanted;
  const text = new Uint8Array(await file.arrayBuffer());
  const { body, said, digest } = await bodyOf(text);
  const uploadId = `portal-${hex(crypto.getRandomValues(new Uint8Array(16)))}`;
  // What the host may know: no title, no abstract, no topic, no file name.
  const begun = await documents.beginContent({ uploadId,
    document: there ? create(DocumentSchema, { name: there.name }) : create(DocumentSchema, { kind: document?.kind ?? 0, process: document?.process ?? '', originatorControl: document?.originatorControl ?? false, ...(document?.visibility && { visibility: document.visibility }) }),
    content: { language: content?.language ?? '', status: content?.status ?? 0, fileName: 'sealed', mediaType: 'application/octet-stream', bytes: BigInt(body.sealed.length) } });
  const size = Math.min(begun.pieceBytesMax || 1 << 20, 1 << 20);
  for (let at = Number(begun.offset); at < body.sealed.length; at += size) {
    await documents.sendContent({ uploadId, offset: BigInt(at), content: body.sealed.subarray(at, at + size) });
    progress(Math.min(1, (at + size) / body.sealed.length));
  }
  const account = me()?.session.account ?? '';
  const manifest: Manifest = {
    format: 'entente-sealed/1', network: recipients.origin, document: there?.name ?? begun.document, revision: String((there?.revision ?? 0n) + 1n), language: content?.language ?? '', originator: there?.originator ?? account.slice(0, account.indexOf('/accounts/')),
    title: { byLanguage: { ...document?.title?.byLanguage } }, abstract: { byLanguage: { ...document?.abstract?.byLanguage } }, fileName: content?.fileName ?? '', mediaType: content?.mediaType ?? '', ...said,
    rosterSha256: toBase64(recipients.digest), sealedBy: account, sealedAt: `${new Date().toISOString().slice(0, 19)}Z` };
  if (manifest.document === '') throw new SealError('the server gave it no name');
  const cms = await sealEnvelope(await signEnclosed(signer, manifestText(manifest), new Date()), recipients.offices.map((one) => one.der));
  await sealing.putEnvelope({ uploadId, cms, rosterSha256: recipients.digest, recipients: recipients.offices.map(({ office, party, certificate }) => ({ office, party, certificate })) });
  const lines = ['entente-document/1', there?.name ?? '', there ? '' : document?.process ?? '', uploadId, content?.language ?? '', 'sealed', 'application/octet-stream', String(body.sealed.length), hex(digest),
    hex(await sha256(cms)), hex(recipients.digest), ''].join('\n');
  const signature = await signDetached(signer, lines);
  return { document: await documents.finishContent({ uploadId, sha256: digest, ...signature }), readers: begun.readers };
}
