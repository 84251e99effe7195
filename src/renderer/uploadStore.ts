// Uploads as the engine tells them, while somebody looks at them.
import { create } from 'zustand';
import type { UploadStatus } from '../contract/upload.ts';
import { useApi } from './showStore.ts';

export const useUploads = create<{ readonly uploads: ReadonlyMap<string, UploadStatus> }>(() => ({ uploads: new Map() }));

/** Follows the queue of whichever engine is connected, until the returned function is called. */
export function followUploads(): () => void {
  let stop = (): void => undefined;
  const begin = (): void => {
    stop();
    const { api, role } = useApi.getState();
    useUploads.setState({ uploads: new Map() });
    if (api === undefined || role === 'watch') return;
    const watching = api.upload.watch.subscribe(undefined, {
      onData: (status) => useUploads.setState(({ uploads }) => ({ uploads: new Map(uploads).set(status.id, status) })),
      // The connection's loss is told by the show's own subscription.
      onError: () => undefined,
    });
    stop = () => watching.unsubscribe();
  };
  begin();
  const leave = useApi.subscribe((now, before) => { if (now.api !== before.api) begin(); });
  return () => {
    leave();
    stop();
  };
}
