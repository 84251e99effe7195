// A refusal where it belongs: the sentence, what to do, and the code to copy.
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../contract/report.ts';
import { CopyButton } from './Button.tsx';
import { Status } from './Status.tsx';

export function FailureNote({ failure }: { readonly failure: Failure | undefined }) {
  const { t } = useTranslation();
  if (failure === undefined) return null;
  return (
    <p role="alert">
      <Status tone="degraded">{t('light.refused')}</Status> <span lang="en">{failure.message} {failure.action}</span> <CopyButton text={failure.code}>{t('copy.code', { code: failure.code })}</CopyButton>
    </p>
  );
}
