// The record of a meeting: read, commented on, checked for names that it must not hold, adopted.
import { createClient } from '@connectrpc/connect';
import { MeetingRecordService, Finding_Kind, Outcome_Kind, type Finding, type MeetingRecord } from '../gen/entente/v1/meeting_records_pb';
import { t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { transport } from './api';

export const records = createClient(MeetingRecordService, transport);

const OUTCOMES: Record<Outcome_Kind, MessageKey> = {
  [Outcome_Kind.KIND_UNSPECIFIED]: 'kind_other',
  [Outcome_Kind.DECLARATION]: 'kind_declaration',
  [Outcome_Kind.RECOMMENDATION]: 'kind_recommendation',
  [Outcome_Kind.CONCLUSIONS]: 'outcome_conclusions',
  [Outcome_Kind.PLAN_OF_ACTION]: 'outcome_plan',
  [Outcome_Kind.DECISION]: 'outcome_decision',
  [Outcome_Kind.STATEMENT]: 'outcome_statement',
  [Outcome_Kind.OTHER]: 'kind_other',
};
const FINDINGS: Record<Finding_Kind, MessageKey> = {
  [Finding_Kind.KIND_UNSPECIFIED]: 'finding_person',
  [Finding_Kind.PERSON]: 'finding_person',
  [Finding_Kind.PARTY]: 'finding_party',
  [Finding_Kind.CODE]: 'finding_party',
  [Finding_Kind.ADJECTIVE]: 'finding_party',
};
export const outcomeKind = (kind: Outcome_Kind) => t(OUTCOMES[kind] ?? 'kind_other');
export const findingKind = (kind: Finding_Kind) => t(FINDINGS[kind] ?? 'finding_person');

export interface Piece {
  text: string;
  found?: Finding;
}

// A line cut at the words that were found in it; columns count characters, from 1.
export function piecesOf(line: string, findings: readonly Finding[]): Piece[] {
  const letters = [...line];
  const pieces: Piece[] = [];
  let at = 0;
  for (const one of [...findings].sort((a, b) => a.column - b.column)) {
    const from = one.column - 1;
    const to = from + [...one.word].length;
    if (from < at || to > letters.length) continue;
    if (from > at) pieces.push({ text: letters.slice(at, from).join('') });
    pieces.push({ text: letters.slice(from, to).join(''), found: one });
    at = to;
  }
  if (at < letters.length || pieces.length === 0) pieces.push({ text: letters.slice(at).join('') });
  return pieces;
}

export function textsOf(record: MeetingRecord, language: string): string {
  return record.texts.find((one) => one.language === language)?.text ?? record.texts[0]?.text ?? '';
}
