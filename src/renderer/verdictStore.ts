// What the engine says of the plan as it is chosen now: asked again a moment after each change, by the rules of a start.
import { create } from 'zustand';
import type { PlanVerdict } from '../contract/plan.ts';
import { useOffers } from './offerStore.ts';
import { missingIn, questionOf, useChoice } from './planStore.ts';
import { useApi } from './showStore.ts';

const nothingSaid: PlanVerdict = { problems: [], remarks: [] };
export const useVerdict = create<PlanVerdict>(() => nothingSaid);

/** So long nothing more is typed, ms. */
const REST_MS = 300;

/** To be called once. */
export function followVerdict(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;
  let asked = '';
  const ask = async (): Promise<void> => {
    const { api, role } = useApi.getState();
    const choice = useChoice.getState();
    const ladder = useOffers.getState().ladders?.find(({ name }) => name === choice.ladder);
    // What is missing is said by the form itself.
    const question = api === undefined || role === 'watch' || ladder === undefined || missingIn(choice, ladder).some((one) => one !== 'path') ? undefined : questionOf(choice, ladder);
    const text = JSON.stringify(question ?? null);
    if (text === asked) return;
    asked = text;
    round += 1;
    const own = round;
    // No answer is no verdict: the start asks the same rules.
    const verdict = question === undefined ? nothingSaid : await api?.show.verdict.query(question).catch(() => nothingSaid);
    if (own === round) useVerdict.setState(verdict ?? nothingSaid);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), REST_MS);
  };
  useChoice.subscribe(later);
  useOffers.subscribe((now, before) => { if (now.ladders !== before.ladders) later(); });
  useApi.subscribe((now, before) => {
    if (now.api !== before.api) asked = '';
    later();
  });
}
