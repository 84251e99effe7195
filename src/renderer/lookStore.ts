// How the interface looks to this operator: theme, language, mode and page. Remembered on this machine.
import { create } from 'zustand';
import { z } from 'zod';
import { i18n, type Language } from './i18n/i18n.ts';

/** Usual ones, of services, of European and of American broadcasters. */
export const TARGETS_LUFS = [-14, -16, -23, -24] as const;

const lookSchema = z.object({
  theme: z.enum(['dark', 'light', 'system']).catch('dark'),
  language: z.enum(['en', 'de']).catch('en'),
  mode: z.enum(['simple', 'operator', 'wall']).catch('operator'),
  /** Colours of the meters; those of the field are green, amber and red. */
  meters: z.enum(['field', 'blue', 'grey']).catch('field'),
  /** What the loudness of the show is held against, LUFS. */
  targetLufs: z.literal(TARGETS_LUFS).catch(-14),
});
type Remembered = z.infer<typeof lookSchema>;
export type Theme = Remembered['theme'];
export type Mode = Remembered['mode'];
export type MeterColours = Remembered['meters'];
export const PAGES = ['show', 'library', 'controlRoom', 'settings'] as const;
export type Page = (typeof PAGES)[number];
type Look = Remembered & { readonly page: Page };

const KEY = 'fieldcast.look';

export const useLook = create<Look>(() => ({ ...remembered(), page: 'show' }));

export function changeLook(change: Partial<Look>): void {
  useLook.setState(change);
  const { page: _page, ...kept } = useLook.getState();
  // A wall is left by its operator, so it is not what the next start should show.
  localStorage.setItem(KEY, JSON.stringify({ ...kept, mode: kept.mode === 'wall' ? 'operator' : kept.mode }));
  applyLook();
}

/** Puts theme and language on the document; to be called once at the start too. */
export function applyLook(): void {
  const { theme, language, meters } = useLook.getState();
  const isLight = theme === 'light' || (theme === 'system' && matchMedia('(prefers-color-scheme: light)').matches);
  document.documentElement.dataset['theme'] = isLight ? 'light' : 'dark';
  document.documentElement.dataset['meters'] = meters;
  document.documentElement.lang = language;
  void i18n.changeLanguage(language);
}

/** Follows the system's theme as long as the operator wants that. */
export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', applyLook);
}

function remembered(): Remembered {
  const language: Language = typeof navigator !== 'undefined' && navigator.language.startsWith('de') ? 'de' : 'en';
  try {
    return lookSchema.parse({ language, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') as object });
  } catch {
    return lookSchema.parse({ language });
  }
}
