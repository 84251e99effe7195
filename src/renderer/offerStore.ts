// What the engine offers to choose from: its ladders, this machine's devices, and what it finds about the machine. Asked once a connection.
import { create } from 'zustand';
import type { EncoderChoice } from '../contract/encoder.ts';
import type { LadderPlan } from '../contract/ladderPlan.ts';
import type { Finding } from '../contract/engine.ts';
import type { Failure } from '../contract/report.ts';
import type { Ladder } from '../contract/ladder.ts';
import { failureFrom } from './commands.ts';
import { useChoice } from './planStore.ts';
import { useApi } from './showStore.ts';

export type Device = { readonly kind: string; readonly id: string; readonly name: string; readonly detail?: string | undefined };

type Offered = {
  readonly ladders: readonly Ladder[] | undefined;
  /** Undefined while they are looked for. */
  readonly devices: readonly Device[] | undefined;
  readonly findings: readonly Finding[] | undefined;
  /** What the planner chose to encode a ladder with, by the ladder's name. */
  readonly encoders: Readonly<Record<string, EncoderChoice>>;
  readonly failure: Failure | undefined;
};

const nothingYet: Offered = { ladders: undefined, devices: undefined, findings: undefined, encoders: {}, failure: undefined };
export const useOffers = create<Offered>(() => nothingYet);

/** Asks anew with each connection; to be called once. */
export function followOffers(): void {
  useApi.subscribe(({ api }, before) => {
    if (api === before.api) return;
    useOffers.setState(nothingYet);
    if (api === undefined) return;
    api.engine.ladders.query().then((ladders) => useOffers.setState({ ladders: withOwn(ladders) }), (error: unknown) => useOffers.setState({ failure: failureFrom(error) }));
    void lookAgain();
    api.engine.doctor.query().then((findings) => useOffers.setState({ findings }), (error: unknown) => useOffers.setState({ failure: failureFrom(error) }));
  });
}

/** Those made by hand come last, and a shipped one keeps its name. */
function withOwn(shipped: readonly Ladder[]): readonly Ladder[] {
  return [...shipped, ...useChoice.getState().ownLadders.filter((own) => shipped.every(({ name }) => name !== own.name))];
}

/** Puts a planned ladder among those that can be chosen, with its encoder. */
export function offerPlan({ ladder, encoder }: LadderPlan): void {
  useOffers.setState(({ ladders, encoders }) => ({
    ladders: [...(ladders ?? []).filter((one) => one.name !== ladder.name), ladder],
    encoders: { ...encoders, [ladder.name]: encoder },
  }));
}

/** Lists the devices once more. */
export async function lookAgain(): Promise<void> {
  const { api } = useApi.getState();
  if (api === undefined) return;
  useOffers.setState({ devices: undefined, failure: undefined });
  await api.engine.devices.query().then(
    (devices) => useOffers.setState({ devices }),
    (error: unknown) => useOffers.setState({ devices: [], failure: failureFrom(error) }),
  );
}
