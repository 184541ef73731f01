// Enumerators of the treaty, in the reader's words.
import { Capacity, OfficeKind, type Body, type Office } from '../gen/entente/v1/directory_pb';
import { formatList, isolated, listed, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { lastPart, partyName, plainly, processName } from './names';
import type { Party } from './types';

const OFFICES: Record<OfficeKind, MessageKey> = {
  [OfficeKind.OFFICE_KIND_UNSPECIFIED]: 'office_other',
  [OfficeKind.FOCAL_POINT]: 'office_focal_point',
  [OfficeKind.BODY_CONTACT]: 'office_body_contact',
  [OfficeKind.THEMATIC_COORDINATOR]: 'office_coordinator',
  [OfficeKind.CHAIR]: 'office_chair',
  [OfficeKind.SECRETARIAT_STAFF]: 'office_secretariat',
  [OfficeKind.SECURITY_OFFICER]: 'office_security',
  [OfficeKind.CERTIFICATE_OFFICER]: 'office_certificates',
  [OfficeKind.OTHER_OFFICE]: 'office_other',
};
const CAPACITIES: Record<Capacity, MessageKey> = {
  [Capacity.CAPACITY_UNSPECIFIED]: 'capacity_holder',
  [Capacity.HOLDER]: 'capacity_holder',
  [Capacity.ACTING]: 'capacity_acting',
  [Capacity.DEPUTY]: 'capacity_deputy',
  [Capacity.DUTY_CONTACT]: 'capacity_duty_contact',
};

export function officeKind(kind: OfficeKind): string {
  return t(OFFICES[kind] ?? 'office_other');
}
export function capacity(of: Capacity): string {
  return t(CAPACITIES[of] ?? 'capacity_holder');
}

// `Focal point, IGC (asylum, statistics)`. `titles`: of bodies, by their names; else their ids stand for them.
export function officeTitle(office: Office, titles?: Map<string, string>): string {
  const what = office.title !== '' && office.kind === OfficeKind.OTHER_OFFICE ? plainly(office.title) : officeKind(office.kind);
  const where = listed(office.process === '' ? [what] : [what, processName(office.process)]);
  const title = office.body === '' ? '' : titles?.get(office.body) || lastPart(office.body);
  const topics = office.topics.map(plainly).filter((one) => one !== title);
  return [where, title === '' ? '' : ` · ${isolated(title)}`, topics.length === 0 ? '' : ` (${listed(topics)})`].join('');
}

// `chaired by Sweden · co-chaired by Canada and Norway`; empty if nobody is named.
export function chairsOf(body: Body, known: Map<string, Party>): string {
  return [body.chair !== '' && t('chaired_by', { who: partyName(body.chair, known.get(body.chair)) }),
    body.coChairs.length > 0 && t('co_chaired_by', { who: formatList(body.coChairs.map((one) => partyName(one, known.get(one)))) })].filter(Boolean).join(' · ');
}
