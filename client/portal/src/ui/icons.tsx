// A few marks, drawn on a grid of 20, in the colour of the text beside them. They never stand for words alone.
export const PATHS = {
  search: 'M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM13 13l4 4',
  phone: 'M4 3.5h3l1.4 3.6-1.8 1.3a9.5 9.5 0 0 0 5 5l1.3-1.8 3.6 1.4v3a1.5 1.5 0 0 1-1.7 1.5A13 13 0 0 1 2.500 5.200 1.500 1.500 0 0 1 4 3.500Z',
  mail: 'M3 5h14v10H3ZM3 5.500l7 5.500 7-5.500',
  copy: 'M7 7h9v9H7ZM4 13V4h9',
  card: 'M3 5h14v10H3ZM5.500 12.500c.5-2 4-2 4.500 0M7.700 7.500a1.300 1.300 0 1 1 0 2.600 1.300 1.300 0 0 1 0-2.600M12 8.500h3M12 11.500h3',
  print: 'M6 8V3.500h8V8M6 14H3.500V8h13v6H14M6 12h8v4.500H6Z',
  check: 'M4 10.500l4 4 8-9',
  close: 'M5 5l10 10M15 5L5 15',
  clock: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM10 6v4.500l3 2',
  eye: 'M2 10c3-5.500 13-5.500 16 0-3 5.500-13 5.500-16 0ZM10 7.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5Z',
  shield: 'M10 3l6 2v5c0 4-3 6-6 7.500C7 16 4 14 4 10V5Z',
  edit: 'M4 16l.7-3.500L13 4.200l2.800 2.800L7.500 15.300Z',
  download: 'M10 3v9M6.500 8.500L10 12l3.500-3.500M4 16h12',
  upload: 'M10 13V4M6.500 7.500L10 4l3.500 3.500M4 16h12',
  play: 'M6 4l10 6-10 6Z',
  pause: 'M6 4v12M14 4v12',
  warning: 'M10 3l7.500 13.500h-15ZM10 8v4M10 14v.5',
  user: 'M10 3.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM4 16.500c.8-5 11.200-5 12 0',
  swap: 'M4 7h11M12 4l3 3-3 3M16 13H5M8 10l-3 3 3 3',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
