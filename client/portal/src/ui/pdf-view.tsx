// A PDF in the page, drawn by pdf.js in a worker of its own: nothing of it runs, nothing of it is asked of the network.
// Each page is a picture with its text over it, so that it can be searched, copied and read aloud.
import { GlobalWorkerOptions, TextLayer, getDocument, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import workerUrl from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, t } from '../i18n';
import { Button, Failed, Notice, Waiting } from './basic';

const ASSETS = './pdf/'; // beside the page: character maps, fonts that a PDF may rely on
const PIXELS_MAX = 8_000_000; // of one page's picture

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}
// The one address from which a worker may come: the policy of the page knows this name and no other.
function startWorker(): Worker {
  const wanted = new URL(workerUrl, location.href).href;
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (!factory) return new Worker(wanted, { type: 'module' });
  const policy = factory.createPolicy('entente-worker', { createScriptURL: (url) => { if (url !== wanted) throw new TypeError('not a worker of this page'); return url; } });
  return new Worker(policy.createScriptURL(wanted), { type: 'module' });
}
let started = false;

export function PdfView({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const [pdf, setPdf] = useState<PDFDocumentProxy>();
  const [error, setError] = useState<unknown>();
  const [zoom, setZoom] = useState(1);
  useEffect(() => {
    if (!started) GlobalWorkerOptions.workerPort = startWorker();
    started = true;
    const base = new URL(ASSETS, location.href).href;
    const task = getDocument({
      data: bytes.slice(), isEvalSupported: false, useWasm: false, enableXfa: false, verbosity: 0, stopAtErrors: false, maxImageSize: 64_000_000,
      cMapUrl: base + 'cmaps/', cMapPacked: true, standardFontDataUrl: base + 'fonts/', wasmUrl: base + 'decoders/',
    });
    task.promise.then(setPdf, setError);
    return () => void task.destroy();
  }, [bytes]);
  if (error !== undefined) {
    return (error as Error).name === 'PasswordException' ? <Notice>{t('pdf_locked')}</Notice> : <Notice tone="warn" title={t('pdf_broken')}>{t('pdf_broken_hint')}</Notice>;
  }
  if (!pdf) return <Waiting lines={6} />;
  return (
    <div class="pdf">
      <div class="actions">
        <span>{t('n_pages', { n: pdf.numPages })}</span>
        <Button kind="quiet" onClick={() => setZoom((now) => Math.max(0.5, now / 1.25))} aria-label={t('smaller')}>−</Button>
        <output>{formatNumber(Math.round(zoom * 100))} %</output>
        <Button kind="quiet" onClick={() => setZoom((now) => Math.min(4, now * 1.25))} aria-label={t('larger')}>+</Button>
      </div>
      <div class="sheets" tabIndex={0} role="region" aria-label={label} dir="ltr">
        {Array.from({ length: pdf.numPages }, (_, index) => <Sheet key={index} pdf={pdf} number={index + 1} zoom={zoom} />)}
      </div>
    </div>
  );
}

// Drawn when it comes near; given back when it is far.
function Sheet({ pdf, number, zoom }: { pdf: PDFDocumentProxy; number: number; zoom: number }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const words = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(number <= 2);
  const [shape, setShape] = useState(Math.SQRT2);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const watched = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? false), { rootMargin: '800px' });
    if (box.current) watched.observe(box.current);
    return () => watched.disconnect();
  }, []);
  useEffect(() => {
    if (!near) return;
    let gone = false;
    let stop = () => {};
    const draw = async () => {
      const page = await pdf.getPage(number);
      const plain = page.getViewport({ scale: 1 });
      setShape(plain.height / plain.width);
      const target = canvas.current;
      const layer = words.current;
      if (gone || !target || !layer || !box.current) return;
      const scale = box.current.clientWidth / plain.width;
      const sharp = Math.min(devicePixelRatio || 1, 2, Math.sqrt(PIXELS_MAX / (plain.width * plain.height)) / scale);
      const viewport = page.getViewport({ scale: scale * sharp });
      target.width = Math.ceil(viewport.width);
      target.height = Math.ceil(viewport.height);
      const task = page.render({ canvas: target, viewport });
      stop = () => task.cancel();
      await task.promise;
      if (gone) return;
      layer.replaceChildren();
      layer.style.setProperty('--total-scale-factor', String(scale));
      await new TextLayer({ textContentSource: page.streamTextContent(), container: layer, viewport: page.getViewport({ scale }) }).render();
    };
    draw().catch((failure: unknown) => { if (!gone && (failure as Error).name !== 'RenderingCancelledException') setError(failure); });
    return () => { gone = true; stop(); };
  }, [near, zoom, pdf]);
  return (
    <div class="sheet-of-pdf" ref={box} style={{ inlineSize: `${zoom * 100}%`, aspectRatio: `1 / ${shape}` }} role="group" aria-label={t('page_n', { n: number })}>
      {near && <><canvas ref={canvas} aria-hidden="true" /><div class="textLayer" ref={words} /></>}
      {error !== undefined && <Failed error={error} />}
    </div>
  );
}
