// What a failed call means to the one who made it.
import { Code, ConnectError } from '@connectrpc/connect';
import { formatNumber, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { isUnreachable, reasonOf, retrySecondsOf, violationsOf } from './api';

const BY_REASON: Record<string, MessageKey> = {
  SIGNED_OUT: 'error_signed_out',
  SIGN_IN_REFUSED: 'error_sign_in_refused',
  SIGN_IN_BACK_OFF: 'error_back_off',
  STEP_UP_NEEDED: 'error_step_up',
  NOT_YOURS: 'error_not_yours',
  REVISION_STALE: 'error_stale',
  CONFLICT: 'error_conflict',
  OVERLOADED: 'error_overloaded',
  LIMIT_REACHED: 'error_limit',
  STORE_READ_ONLY: 'error_read_only',
  SIGNATURE_INVALID: 'error_signature',
  ALREADY_THERE: 'error_already_there',
  IMPORT_REFUSED: 'error_import',
};

export interface Words {
  title: string;
  detail: string;
}

export function inWords(error: unknown): Words {
  if (isUnreachable(error)) {
    // Of the portal of this machine (`entente portal`), whose line to the server is its own: it says which end is refused.
    const told = error instanceof ConnectError && ['CERTIFICATE_REFUSED', 'SERVER_DISTRUSTED'].includes(reasonOf(error));
    return { title: t('error_unreachable'), detail: told ? error.rawMessage : t('error_unreachable_detail') };
  }
  if (!(error instanceof ConnectError)) return { title: t('error_page'), detail: error instanceof Error ? error.message : '' };
  const reason = reasonOf(error);
  if (reason === 'SIGN_IN_BACK_OFF') {
    const seconds = Math.ceil(retrySecondsOf(error));
    return { title: t('error_back_off'), detail: seconds > 0 ? t('error_back_off_seconds', { n: seconds }) : '' };
  }
  const known = BY_REASON[reason];
  if (known) return { title: t(known), detail: details(error) };
  if (error.code === Code.NotFound) return { title: t('error_not_found'), detail: t('error_not_found_detail') };
  if (error.code === Code.DeadlineExceeded) return { title: t('error_slow'), detail: '' };
  if (error.code === Code.InvalidArgument) return { title: t('error_invalid'), detail: details(error) };
  return { title: t('error_server'), detail: `${error.rawMessage} (${formatNumber(error.code)})` };
}

function details(error: ConnectError): string {
  const violations = violationsOf(error);
  return violations.length > 0 ? violations.map((one) => `${one.field}: ${one.description}`).join('; ') : '';
}
