// Going live in three steps on one page: Sources, Where, Rehearse.
import { Sources } from './Sources.tsx';
import styles from './GoLive.module.css';
import { Rehearse } from './Rehearse.tsx';
import { Where } from './Where.tsx';

export function GoLive() {
  return (
    <main className={styles.steps} data-bar>
      <Sources />
      <Where />
      <Rehearse />
    </main>
  );
}
