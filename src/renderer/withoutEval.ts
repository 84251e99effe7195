// The page's policy refuses code made from strings: zod must not even try. To be imported before anything that parses.
import { config } from 'zod';

config({ jitless: true });
