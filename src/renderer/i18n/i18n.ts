// The texts of the interface and the language they are in. Engine sentences are not here: they arrive in English.
import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { de } from './de.ts';
import { en } from './en.ts';

declare module 'i18next' {
  // An interface is what this type is extended by.
  interface CustomTypeOptions { resources: { translation: typeof en } }
}

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** Texts are in the bundle, so this is ready when it returns. */
export const i18n = createInstance();
void i18n.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en }, de: { translation: de } },
  // React escapes.
  interpolation: { escapeValue: false },
  initAsync: false,
});
