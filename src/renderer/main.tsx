// Entry of the page: draws it and follows the engine of the desktop that carries it.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './tokens.css';
import './page.css';
import { EngineStatus } from './EngineStatus.tsx';
import { followEngine, useShow } from './showStore.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
createRoot(root).render(
  <StrictMode>
    <EngineStatus />
  </StrictMode>,
);

if (window.fieldcast === undefined) useShow.setState({ link: 'lost', sentence: 'This page works inside the Fieldcast window only.' });
else void followEngine(window.fieldcast);
