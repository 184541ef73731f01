// Documents and what is sent around: asked for, read, and said in the reader's words.
import { createClient } from '@connectrpc/connect';
import { CirculationService, Circulation_Ask, Circulation_Outcome, type Circulation } from '../gen/entente/v1/circulations_pb';
import { Content_Status, DocumentService, Document_Kind, Document_State, type Content, type Document } from '../gen/entente/v1/documents_pb';
import { Handling } from '../gen/entente/v1/types_pb';
import { formatNumber, languageName, listed, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { allPages, transport } from './api';
import { lastPart, plainly, textIn } from './names';

export const documents = createClient(DocumentService, transport);
export const circulations = createClient(CirculationService, transport);

export function allDocuments(): Promise<Document[]> {
  return allPages((pageToken) => documents.listDocuments({ pageSize: 1000, pageToken }), (reply) => reply.documents);
}
export function inbox(waiting = false): Promise<Circulation[]> {
  return allPages((pageToken) => circulations.listInbox({ waiting, pageSize: 1000, pageToken }), (reply) => reply.circulations);
}
export function outbox(): Promise<Circulation[]> {
  return allPages((pageToken) => circulations.listOutbox({ pageSize: 1000, pageToken }), (reply) => reply.circulations);
}

const KINDS: Record<Document_Kind, MessageKey> = {
  [Document_Kind.KIND_UNSPECIFIED]: 'kind_other',
  [Document_Kind.AGENDA]: 'kind_agenda',
  [Document_Kind.BACKGROUND_PAPER]: 'kind_background_paper',
  [Document_Kind.DECLARATION]: 'kind_declaration',
  [Document_Kind.RECOMMENDATION]: 'kind_recommendation',
  [Document_Kind.GUIDELINES]: 'kind_guidelines',
  [Document_Kind.LEGISLATION]: 'kind_legislation',
  [Document_Kind.BEST_PRACTICE]: 'kind_best_practice',
  [Document_Kind.STUDY]: 'kind_study',
  [Document_Kind.MEETING_RECORD]: 'kind_meeting_record',
  [Document_Kind.INTELLIGENCE_NOTE]: 'kind_intelligence_note',
  [Document_Kind.ANNEX]: 'kind_annex',
  [Document_Kind.REPORT]: 'kind_report',
  [Document_Kind.OTHER]: 'kind_other',
};
export const KINDS_TO_CHOOSE = [Document_Kind.AGENDA, Document_Kind.BACKGROUND_PAPER, Document_Kind.DECLARATION, Document_Kind.RECOMMENDATION, Document_Kind.GUIDELINES,
  Document_Kind.LEGISLATION, Document_Kind.BEST_PRACTICE, Document_Kind.STUDY, Document_Kind.MEETING_RECORD, Document_Kind.INTELLIGENCE_NOTE, Document_Kind.ANNEX,
  Document_Kind.REPORT, Document_Kind.OTHER] as const;
const HANDLINGS: Record<Handling, MessageKey> = {
  [Handling.UNSPECIFIED]: 'status_unknown',
  [Handling.OPEN]: 'handling_open',
  [Handling.LIMITED]: 'handling_limited',
  [Handling.RESTRICTED]: 'handling_restricted',
  [Handling.CONFIDENTIAL]: 'handling_confidential',
};
const ASKS: Record<Circulation_Ask, MessageKey> = {
  [Circulation_Ask.ASK_UNSPECIFIED]: 'ask_information',
  [Circulation_Ask.INFORMATION]: 'ask_information',
  [Circulation_Ask.COMMENT]: 'ask_comment',
  [Circulation_Ask.APPROVAL_BY_SILENCE]: 'ask_silence',
  [Circulation_Ask.ACTION]: 'ask_action',
};
export const ASKS_TO_CHOOSE = [Circulation_Ask.INFORMATION, Circulation_Ask.COMMENT, Circulation_Ask.APPROVAL_BY_SILENCE, Circulation_Ask.ACTION] as const;
const OUTCOMES: Record<Circulation_Outcome, MessageKey> = {
  [Circulation_Outcome.OUTCOME_UNSPECIFIED]: 'outcome_pending',
  [Circulation_Outcome.PENDING]: 'outcome_pending',
  [Circulation_Outcome.ADOPTED]: 'outcome_adopted',
  [Circulation_Outcome.SILENCE_BROKEN]: 'outcome_broken',
  [Circulation_Outcome.LAPSED]: 'outcome_lapsed',
};
const STATUSES: Record<Content_Status, MessageKey> = {
  [Content_Status.STATUS_UNSPECIFIED]: 'text_original',
  [Content_Status.ORIGINAL]: 'text_original',
  [Content_Status.OFFICIAL_TRANSLATION]: 'text_official',
  [Content_Status.COURTESY_TRANSLATION]: 'text_courtesy',
};
export const kindName = (kind: Document_Kind) => t(KINDS[kind] ?? 'kind_other');
export const handlingName = (of: Handling) => t(HANDLINGS[of] ?? 'status_unknown');
export const askName = (of: Circulation_Ask) => t(ASKS[of] ?? 'ask_information');
export const outcomeName = (of: Circulation_Outcome) => t(OUTCOMES[of] ?? 'outcome_pending');
export const textStatus = (of: Content_Status) => t(STATUSES[of] ?? 'text_original');

// Its title in the reader's language; of what was withdrawn nobody is told it.
export function titleOf(document: Document): string {
  const title = plainly(textIn(document.title));
  if (title !== '') return title;
  if (document.state === Document_State.WITHDRAWN) return t('withdrawn_document');
  if (document.state === Document_State.DESTROYED) return t('destroyed_document');
  if (document.visibility?.handling === Handling.CONFIDENTIAL) return t('sealed_document', { id: lastPart(document.name).slice(0, 8) });
  return t('untitled', { id: lastPart(document.name).slice(0, 8) });
}
export function toneOfHandling(of: Handling): 'neutral' | 'accent' | 'warn' | 'bad' {
  return of === Handling.CONFIDENTIAL ? 'bad' : of === Handling.RESTRICTED ? 'warn' : of === Handling.LIMITED ? 'accent' : 'neutral';
}
export function leavesReceipt(document: Document): boolean {
  return (document.visibility?.handling ?? 0) >= Handling.RESTRICTED;
}
export function formatBytes(bytes: number): string {
  const units = ['unit_bytes', 'unit_kb', 'unit_mb', 'unit_gb'] as const;
  let at = 0;
  while (bytes >= 1_000 && at < units.length - 1) {
    bytes /= 1_000;
    ++at;
  }
  return t(units[at] ?? 'unit_bytes', { size: formatNumber(Math.round(bytes * (at > 0 && bytes < 10 ? 10 : 1)) / (at > 0 && bytes < 10 ? 10 : 1)) });
}

export interface Read {
  content: Content;
  bytes: Uint8Array[];
  mark: string; // what the copy bears; empty where nothing is marked
  copy: number; // 0: not numbered
}

// The content of a document, whole. What is restricted is opened first: a receipt, then a copy with the reader's name.
export async function read(document: Document, content: Content, signal: AbortSignal, progress: (share: number) => void): Promise<Read> {
  const { language } = content;
  const opened = leavesReceipt(document) ? await documents.openDocument({ name: document.name, language }, { signal }) : undefined;
  const bytes: Uint8Array[] = [];
  let have = 0;
  let total = Number(content.bytes);
  for await (const part of documents.readContent({ name: opened?.name ?? document.name, language: opened ? '' : language }, { signal })) {
    if (part.totalBytes > 0n) total = Number(part.totalBytes);
    bytes.push(part.content);
    have += part.content.length;
    progress(total > 0 ? Math.min(1, have / total) : 1);
  }
  return { content, bytes, mark: opened?.mark ?? '', copy: Number(opened?.copyNumber ?? 0n) };
}

// What a file is by its first bytes, whatever it is called.
export function looksLike(bytes: readonly Uint8Array[]): 'pdf' | 'text' | 'other' {
  const first = bytes[0]?.subarray(0, 1024) ?? new Uint8Array();
  if (String.fromCharCode(...first.subarray(0, 5)) === '%PDF-') return 'pdf';
  try {
    // A character may be cut in two at the end of the first kilobyte.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(first, { stream: true });
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? 'other' : 'text';
  } catch {
    return 'other';
  }
}

export function languagesOf(document: Document): string {
  return listed(document.contents.map((one) => languageName(one.language)));
}

// What still wants the reader's word, and by when.
export function waitsForMe(one: Circulation): boolean {
  return !one.recalledAt && (!one.acknowledgedAt || (one.outcome === Circulation_Outcome.PENDING && one.ask === Circulation_Ask.APPROVAL_BY_SILENCE));
}
