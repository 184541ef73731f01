// A file of figures, tried before anyone sees any of it: each fault beside the line that it is in.
import { useRef, useState } from 'preact/hooks';
import { createClient } from '@connectrpc/connect';
import { EvidenceService } from '../gen/entente/v1/evidence_pb';
import { UploadAction, UploadFormat, type UploadReport } from '../gen/entente/v1/statistics_pb';
import { formatNumber, t } from '../i18n';
import { transport } from '../lib/api';
import { statistics } from '../lib/figures';
import { signDetached, type Signature } from '../lib/cms';
import { hex, same } from '../lib/ledger';
import { sha256 } from '../lib/octets';
import { KeyFileError } from '../lib/pkcs12';
import { columnsOf, forestOf, hiddenBehind, rootsOf } from '../lib/rows';
import { structureOf } from '../lib/structures';
import { KeyFields, useKeyFile } from './key-fields';
import { Button, Failed, Notice } from './basic';
import { HeldBack } from './held-back';

const FILE_BYTES_MAX = 512 * 1024 * 1024;
const SIGNED_BYTES_MAX = 256 * 1024 * 1024; // the digest is made of the whole, in memory

const evidence = createClient(EvidenceService, transport);
class ReadOtherwise extends Error {}

// What is signed of a file that the server has found no fault in: each row by itself, as this page reads it, so that whoever
// may see one figure can prove it. docs/statistics.md: a line each.
async function manifestOf(dataflow: string, uploadId: string, file: File, digest: Uint8Array): Promise<string> {
  const { structure } = await structureOf(dataflow);
  const shape = { dimensions: structure.dimensions.map((one) => one.id), measure: structure.measure, attributes: structure.attributes.map((one) => one.id), texts: structure.attributes.filter((one) => one.codelist === '').map((one) => one.id) };
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const roots = await rootsOf(file, shape, seed);
  const committed = await evidence.commitRows({ uploadId, seed, roots });
  const [root, columns] = [await forestOf(roots, seed), columnsOf(shape)];
  if (committed.tooMany || !same(committed.root, root) || committed.columns !== columns) throw new ReadOtherwise();
  const whole = ['entente-upload/1', dataflow, 'REPLACE', uploadId, String(file.size), hex(digest), ''].join('\n');
  return ['entente-upload/2', dataflow, 'REPLACE', `columns ${columns}`, `rows ${hex(root)}`, `file ${hex(hiddenBehind(seed, whole))}`, ''].join('\n');
}

export function Upload({ dataflow }: { dataflow: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [trying, setTrying] = useState('');
  const [error, setError] = useState<unknown>();
  const [report, setReport] = useState<{ report: UploadReport; lines: Map<number, string>; uploadId: string; file: File }>();
  const [sending, setSending] = useState(false);
  const [sent, setSent] = useState<UploadReport>();
  const [fileError, setFileError] = useState('');
  const key = useKeyFile();
  const ready = useRef<{ uploadId: string; sha256: Uint8Array } & Signature>(); // signed, and the answer perhaps lost: sent anew as it is
  const [last, setLast] = useState<File>(); // tried anew without being chosen anew
  const check = async (file: File | undefined) => {
    if (!file || file.size > FILE_BYTES_MAX) return;
    setLast(file);
    setTrying(file.name);
    setError(undefined);
    setReport(undefined);
    setSent(undefined);
    try {
      const uploadId = `portal-${hex(crypto.getRandomValues(new Uint8Array(16)))}`;
      const begun = await statistics.beginUpload({ uploadId, dataflow, action: UploadAction.REPLACE, format: UploadFormat.SDMX_CSV });
      const size = Math.min(begun.pieceBytesMax || 1 << 20, 1 << 20);
      for (let at = 0; at < file.size; at += size) {
        await statistics.sendPiece({ uploadId, offset: BigInt(at), content: new Uint8Array(await file.slice(at, at + size).arrayBuffer()) });
      }
      const found = await statistics.checkUpload({ uploadId });
      setReport({ report: found, lines: await linesOf(file, new Set(found.problems.map((one) => Number(one.line)))), uploadId, file });
    } catch (failure) {
      setError(failure);
    }
    setTrying('');
  };
  // What was tried is what is sent: the same bytes, under the same upload id, signed by the party's key.
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!report) return;
    setSending(true);
    setError(undefined);
    setFileError('');
    try {
      const { uploadId, file } = report;
      if (ready.current?.uploadId !== uploadId) {
        const signer = await key.signer();
        const digest = await sha256(new Uint8Array(await file.arrayBuffer()));
        ready.current = { uploadId, sha256: digest, ...await signDetached(signer, await manifestOf(dataflow, uploadId, file, digest)) };
      }
      setSent(await statistics.finishUpload(ready.current));
      setReport(undefined);
    } catch (failure) {
      if (failure instanceof KeyFileError) setFileError(t('key_file_wrong', { why: failure.message }));
      else setError(failure);
    }
    setSending(false);
  };
  return (
    <section class="card upload on-screen" aria-label={t('upload')}>
      <h2>{t('upload')}</h2>
      <div class={over ? 'drop over' : 'drop'} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); void check(event.dataTransfer?.files[0]); }}>
        <p>{t('upload_hint')}</p>
        <input ref={input} type="file" accept=".csv,text/csv" class="unseen" tabIndex={-1} aria-label={t('upload_choose')} onChange={(event) => void check(event.currentTarget.files?.[0])} />
        <Button icon="upload" busy={trying !== ''} onClick={() => input.current?.click()}>{trying === '' ? t('upload_choose') : t('upload_trying', { name: trying })}</Button>
      </div>
      <div role="status">
        {report?.report.accepted && <Notice tone="good">{t('upload_good', { n: Number(report.report.observations) })}</Notice>}
        {report?.report.accepted && <HeldBack report={report.report} />}
        {sent && <Notice tone="good">{t('upload_sent', { n: Number(sent.observations) })}</Notice>}
        {sent && <HeldBack report={sent} />}
        {report && !report.report.accepted && <Notice tone="bad" title={t('upload_bad', { n: report.report.problems.length + Number(report.report.problemsMore) })} />}
      </div>
      {error instanceof ReadOtherwise && <Notice tone="bad" title={t('upload_read_otherwise')} />}
      {error !== undefined && !(error instanceof ReadOtherwise) && (report ? <Failed error={error} /> : <Failed error={error} retry={() => void check(last)} />)}
      {report?.report.accepted && report.file.size <= SIGNED_BYTES_MAX && (
        <form onSubmit={send}>
          <KeyFields use={key} error={fileError} required />
          <Button kind="primary" type="submit" busy={sending}>{t('sign_and_send')}</Button>
        </form>
      )}
      {report && report.report.problems.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={t('upload_fault')}>
          <table class="sheet faulty">
            <thead><tr><th scope="col">{t('upload_line')}</th><th scope="col">{t('upload_column')}</th><th scope="col">{t('upload_fault')}</th><th scope="col">{t('upload_nearest')}</th><th scope="col">{t('upload_says')}</th></tr></thead>
            <tbody>{report.report.problems.slice(0, 200).map((one, index) => (
              <tr key={index}><td class="numeric">{formatNumber(Number(one.line))}</td><td>{one.columnName}</td><td>{one.text}</td><td>{one.nearest}</td><td><code dir="ltr">{report.lines.get(Number(one.line)) ?? ''}</code></td></tr>
            ))}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

// The lines of a file that a report names, read past the others.
async function linesOf(file: File, wanted: Set<number>): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const last = Math.max(0, ...wanted);
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let number = 1;
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : lines.pop() ?? '';
    for (const line of lines) {
      if (wanted.has(number)) found.set(number, line.replace(/\r$/, '').slice(0, 400));
      ++number;
    }
    if (done || number > last) return found;
  }
}
