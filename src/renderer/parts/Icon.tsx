// The icons of the design: 16 px, drawn with the current colour. They carry no meaning alone; a word stands beside each.
import type { ReactNode } from 'react';

const SHAPES = {
  camera: <><rect x="1.75" y="4" width="9" height="8" rx="1"/><path d="m10.75 7 3.5-2v6l-3.5-2"/></>,
  close: <><path d="m3.5 3.5 9 9m0-9-9 9"/></>,
  cloud: <><path d="M4.5 12.5a3 3 0 0 1-.3-6A4 4 0 0 1 12 5.9a3.3 3.3 0 0 1-.4 6.6Z"/></>,
  copy: <><rect x="5.25" y="5.25" width="9" height="9" rx="1"/><path d="M10.75 2.75v-1h-9v9h1"/></>,
  degraded: <><path d="M8 2 14.6 13.5H1.4Z"/><path d="M8 6.5v3.2M8 11.6v.1"/></>,
  failed: <><path d="M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5Z"/><path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6"/></>,
  folder: <><path d="M1.75 12.75v-9.5h4.5l1.5 2h6.5v7.5Z"/></>,
  healthy: <><path d="M2.5 8.5 6.5 12.5 13.5 4"/></>,
  info: <><circle cx="8" cy="8" r="6.25"/><path d="M8 7.25v4M8 4.900v.1"/></>,
  link: <><path d="M6.5 9.5 9.5 6.5M7 4.5l1.6-1.6a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.6 1.6a3.2 3.2 0 0 1-4.5-4.5L4.5 7"/></>,
  lock: <><rect x="3" y="7" width="10" height="7" rx="1"/><path d="M5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7"/></>,
  mark: <><path d="M2 13V3h11M2 8h8"/><circle fill="currentColor" stroke="none" cx="13" cy="12" r="2"/></>,
  mic: <><rect x="5.75" y="1.75" width="4.5" height="7.5" rx="2.25"/><path d="M3 7.5a5 5 0 0 0 10 0M8 12.5v2"/></>,
  off: <><circle cx="8" cy="8" r="6"/></>,
  'on-air': <><circle fill="currentColor" stroke="none" cx="8" cy="8" r="7"/></>,
  preparing: <><circle cx="8" cy="8" r="6"/><path fill="currentColor" stroke="none" d="M8 2a6 6 0 0 1 0 12Z"/></>,
  reconnect: <><path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.5h-3"/></>,
  rehearsal: <><path fill="currentColor" stroke="none" d="M8 .8 15.2 8 8 15.2.8 8Z"/></>,
  screen: <><rect x="1.75" y="2.75" width="12.5" height="8.5" rx="1"/><path d="M5.5 14h5"/></>,
  stop: <><rect fill="currentColor" stroke="none" x="2.5" y="2.5" width="11" height="11" rx="1"/></>,
  waiting: <><circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.3 1.6"/></>,
  slate: <><rect x="1.75" y="3" width="12.5" height="10" rx="1"/><path d="M6.5 6v4M9.5 6v4"/></>,
} as const satisfies Readonly<Record<string, ReactNode>>;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { readonly name: IconName }) {
  return <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">{SHAPES[name]}</svg>;
}
