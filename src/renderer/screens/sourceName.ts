import type { TFunction } from 'i18next';
import type { AudioSpec, SourceSpec } from '../../contract/source.ts';

/** The words for a source that is chosen, for a summary. */
export function sourceName(spec: SourceSpec | AudioSpec, t: TFunction): string {
  switch (spec.kind) {
    case 'test': return t('source.test');
    case 'file': return t('source.file');
    case 'source': return t('source.own');
    case 'none': return t('source.none');
    case 'screen': return spec.display ?? t('source.screen');
    case 'camera': return spec.name ?? t('source.camera');
    case 'microphone': return spec.name ?? t('source.microphone');
  }
}
