// What this page sees of the service's preview: whether its picture moves, and how far behind it is.
import { create } from 'zustand';
import type { PreviewSight } from './checks.ts';

export const unseen: PreviewSight = { plays: false, delaySeconds: undefined };
export const usePreview = create<PreviewSight>(() => unseen);
