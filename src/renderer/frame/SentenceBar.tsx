// One light, one sentence of what is and what to do, and the log. Alarms interrupt a screen reader, all else waits its turn.
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { rehearsalChecks } from '../checks.ts';
import { actNow, forgetRefusal, useCommands } from '../commands.ts';
import { figure } from '../figures.ts';
import { healthOf, type Finding } from '../health.ts';
import { Button, CopyButton } from '../parts/Button.tsx';
import { Pill, type Tone } from '../parts/Status.tsx';
import { usePreview } from '../previewStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { wrongIn } from '../eventForm.ts';
import { useChoice } from '../planStore.ts';
import { useVerdict } from '../verdictStore.ts';
import { useNow } from '../useNow.ts';
import styles from './Frame.module.css';
import { LogDialog } from './LogDialog.tsx';

type Said = {
  readonly tone: Tone;
  readonly word: string;
  readonly text: string;
  /** `en` for what the engine says, whatever the interface speaks. */
  readonly lang?: 'en';
  readonly code?: string;
  readonly isAlarm?: boolean;
};

export function SentenceBar() {
  const { t } = useTranslation();
  const said = useSaid();
  const refusal = useCommands((one) => one.refusal);
  const isWatching = useApi((one) => one.role === 'watch');
  const isCutOff = useShow((show) => show.stats?.connections.some((one) => one.state === 'waiting') === true) && !isWatching;
  return (
    <section className={styles.sentenceBar} aria-label={t('sentence.label')} data-bar>
      <Pill tone={said.tone} {...(said.word === t('light.failed') ? { icon: 'failed' } : said.word === t('light.off') ? { icon: 'off' } : {})}>{said.word}</Pill>
      <p aria-live={said.isAlarm === true ? 'assertive' : 'polite'} lang={said.lang}>{said.text}</p>
      {said.code !== undefined && <CopyButton text={said.code}>{t('copy.code', { code: said.code })}</CopyButton>}
      {isCutOff && <Button icon="reconnect" onPress={() => void actNow((api) => api.show.reconnectNow.mutate())}>{t('control.reconnectNow')}</Button>}
      {refusal !== undefined && <Button kind="plain" onPress={forgetRefusal}>{t('control.dismiss')}</Button>}
      <LogDialog />
    </section>
  );
}

/** The light and the sentence for this moment; the wall shows the same. */
export function useSaid(): Said {
  const { t, i18n } = useTranslation();
  const show = useShow();
  const preview = usePreview();
  const now = useNow();
  const refusal = useCommands((one) => one.refusal);
  const problem = useVerdict((one) => one.problems[0]);
  const isFormWrong = useChoice((one) => wrongIn(one.form).length > 0);
  if (show.link === 'outside') return { tone: 'idle', word: t('light.off'), text: t('link.outside') };
  if (show.link === 'connecting') return { tone: 'idle', word: t('light.off'), text: t('link.connecting') };
  if (show.link === 'lost') return { tone: 'degraded', word: t('light.degraded'), text: show.sentence === '' ? t('link.lost') : show.sentence, isAlarm: true };
  if (refusal !== undefined) {
    return { tone: 'degraded', word: t('light.refused'), text: `${refusal.message} ${refusal.action || t('tryAgain')}`, lang: 'en', code: refusal.code, isAlarm: true };
  }
  const health = healthOf(show, now);
  if (health.light === 'degraded') {
    const { finding } = health;
    const word = show.state === 'failed' ? t('light.failed') : t('light.degraded');
    if (finding.kind === 'failure') {
      return { tone: 'degraded', word, text: `${finding.failure.message} ${finding.failure.action}`, lang: 'en', code: finding.failure.code, isAlarm: true };
    }
    if (finding.kind === 'said') return { tone: 'degraded', word, text: finding.sentence, lang: 'en', isAlarm: true };
    return { tone: 'degraded', word, text: sentenceOf(finding, t, i18n.language), isAlarm: true };
  }
  switch (show.state) {
    case 'live': return { tone: 'healthy', word: t('light.healthy'), text: show.stats === undefined ? show.sentence : t('sentence.healthy') };
    case 'rehearsing': {
      const checks = rehearsalChecks(show, preview);
      const toFix = checks.filter((one) => one.verdict === 'fix');
      const [first] = toFix;
      if (first !== undefined) return { tone: 'degraded', word: t('light.toFix', { count: toFix.length }), text: t(`check.${first.id}Fix`) };
      if (checks.some((one) => one.verdict === 'running')) return { tone: 'preview', word: t('step.rehearse'), text: t('sentence.checking') };
      return { tone: 'healthy', word: t('light.ready'), text: t('sentence.ready') };
    }
    case 'preparing':
    case 'ending': return { tone: show.state === 'preparing' ? 'preview' : 'idle', word: show.state === 'preparing' ? t('light.preparing') : t('light.ended'), text: show.sentence, lang: 'en' };
    case 'ended':
    case 'failed': {
      const { report } = show;
      if (report === undefined) return { tone: 'idle', word: t('light.ended'), text: show.sentence, lang: 'en' };
      if (report.verified) return { tone: 'healthy', word: t('light.verified'), text: t('sentence.verified') };
      return { tone: 'idle', word: t('light.ended'), text: t('sentence.unverified', { reason: report.verification[0] ?? '' }) };
    }
    case 'idle': {
      if (isFormWrong) return { tone: 'degraded', word: t('light.refused'), text: t('plan.formWrong') };
      if (problem !== undefined) return { tone: 'degraded', word: t('light.refused'), text: problem, lang: 'en' };
      return { tone: 'idle', word: t('light.off'), text: `${t('link.noShow')} ${t('sentence.start')}` };
    }
  }
}

function sentenceOf(finding: Exclude<Finding, { kind: 'failure' | 'said' }>, t: TFunction, language: string): string {
  switch (finding.kind) {
    case 'link': return t('sentence.link');
    case 'cutOff': return finding.lastError === undefined ? t('sentence.cutOff') : t('sentence.cutOffBecause', { reason: finding.lastError.replace(/\.$/, '') });
    case 'someCutOff': return t('sentence.someCutOff', { renditions: finding.renditions.join(', ') });
    case 'held': {
      const renditions = finding.renditions.join(', ');
      return finding.carriesKbps === undefined || finding.neededKbps === undefined ? t('sentence.heldPlain', { renditions })
        : t('sentence.held', { renditions, carries: figure(finding.carriesKbps / 1000, language, 1), needed: figure(finding.neededKbps / 1000, language, 1) });
    }
    case 'resting': return t('sentence.resting', { renditions: finding.renditions.join(', ') });
    case 'encoder': return t('sentence.encoder', { seconds: figure(finding.seconds, language, 1) });
    case 'queue': return t('sentence.queue', { rendition: finding.rendition, seconds: figure(finding.queuedMs / 1000, language, 1) });
    case 'dropped': return t('sentence.dropped', { rendition: finding.rendition, frames: figure(finding.frames, language) });
    case 'left': return t('sentence.left', { rendition: finding.rendition, seconds: figure(finding.ms / 1000, language, 1) });
  }
}
