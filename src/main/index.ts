// The Electron entry. Everything that it does is in shell/.
import { runDesktop } from './shell/desktop.ts';

runDesktop();
