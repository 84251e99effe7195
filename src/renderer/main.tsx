// Entry of the page: draws it and follows the engine that it belongs to.
import './withoutEval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './tokens.css';
import './base.css';
import { App } from './App.tsx';
import { findEngine } from './engineDoor.ts';
import './i18n/i18n.ts';
import { applyLook, followSystemTheme } from './lookStore.ts';
import { followMonitor } from './monitorFeed.ts';
import { followOffers } from './offerStore.ts';
import { followShell } from './shellStore.ts';
import { followVerdict } from './verdictStore.ts';
import { followEngine, useShow } from './showStore.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
applyLook();
followSystemTheme();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

const door = findEngine();
if (door === undefined) {
  useShow.setState({ link: 'outside' });
} else {
  followShell();
  followOffers();
  followVerdict();
  followMonitor();
  void followEngine(door);
}
