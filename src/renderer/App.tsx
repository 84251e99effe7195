// Which screen is shown: the mode is the operator's choice, the screen in it follows the state of the show.
import { CSPProvider } from '@base-ui/react/csp-provider';
import { useEffect } from 'react';
import { Frame } from './frame/Frame.tsx';
import { changeLook, useLook } from './lookStore.ts';
import { GoLive } from './screens/GoLive.tsx';
import { Operator } from './screens/Operator.tsx';
import { Settings } from './screens/Settings.tsx';
import { Simple } from './screens/Simple.tsx';
import { Wall } from './screens/Wall.tsx';
import { ControlRoom } from './screens/ControlRoom.tsx';
import { Library } from './screens/Library.tsx';
import { PairPage } from './screens/PairPage.tsx';
import { Welcome } from './screens/Welcome.tsx';
import { DropTarget } from './frame/DropTarget.tsx';
import { QuitDialog } from './frame/QuitDialog.tsx';
import { isRemote } from './engineDoor.ts';
import { useKeptFocus } from './keepFocus.ts';
import { useShow } from './showStore.ts';
import { isRunning } from './showView.ts';
import { readJoinLink } from '../contract/joinLink.ts';
import { chooseToJoin } from './planStore.ts';
import { forgetLink, useShell } from './shellStore.ts';

export function App() {
  const mode = useLook((look) => look.mode);
  useEffect(() => {
    window.addEventListener('keydown', jumpBetweenBars);
    return () => window.removeEventListener('keydown', jumpBetweenBars);
  }, []);
  useJoinLinks();
  useKeptFocus();
  const isUnpaired = useShow((show) => show.link === 'outside') && isRemote;
  // The page's policy admits no style elements.
  return (
    <CSPProvider disableStyleElements>
      {isUnpaired ? <PairPage /> : mode === 'wall' ? <Wall /> : <Frame><Middle /></Frame>}
      {mode !== 'wall' && !isUnpaired && <DropTarget />}
      <QuitDialog />
      {mode !== 'wall' && !isUnpaired && <Welcome />}
    </CSPProvider>
  );
}

/** A link that was opened fills in the form; while a show runs it waits, so that the form shows what runs. */
function useJoinLinks(): void {
  const link = useShell((shell) => shell.link);
  const running = useShow((show) => isRunning(show.state));
  useEffect(() => {
    if (link === undefined || running) return;
    const wish = readJoinLink(link);
    forgetLink();
    if (wish === undefined) return;
    chooseToJoin(wish);
    changeLook({ mode: 'operator', page: 'show' });
  }, [link, running]);
}

function Middle() {
  const { mode, page } = useLook();
  switch (page) {
    case 'library': return <Library />;
    case 'controlRoom': return <ControlRoom />;
    case 'settings': return <Settings />;
    case 'show': return mode === 'simple' ? <Simple /> : <OperatorScreen />;
  }
}

/** Before air the three steps, on air the instrument. */
function OperatorScreen() {
  const onAir = useShow((show) => show.state === 'live' || show.state === 'ending');
  return onAir ? <Operator /> : <GoLive />;
}

/** F6 goes to the first control of the next bar, with Shift of the one before. */
function jumpBetweenBars(event: KeyboardEvent): void {
  if (event.key !== 'F6') return;
  const bars = [...document.querySelectorAll<HTMLElement>('[data-bar]')].map((bar) => ({
    bar, first: bar.querySelector<HTMLElement>('button:not([disabled]), input:not([disabled]), select:not([disabled]), a[href], [tabindex="0"]'),
  })).filter((one) => one.first !== null);
  if (bars.length === 0) return;
  event.preventDefault();
  const at = bars.findIndex(({ bar }) => bar.contains(document.activeElement));
  const next = event.shiftKey ? (at <= 0 ? bars.length - 1 : at - 1) : (at + 1) % bars.length;
  bars[next]?.first?.focus();
}
