// Uploads as the engine tells them, while somebody looks at them.
import { create } from 'zustand';
import type { UploadStatus } from '../contract/upload.ts';
import { followWhileLooked } from './followWhileLooked.ts';

export const useUploads = create<{ readonly uploads: ReadonlyMap<string, UploadStatus> }>(() => ({ uploads: new Map() }));

export const followUploads = followWhileLooked({
  forget: () => useUploads.setState({ uploads: new Map() }),
  begin: ({ api, role }) => (role === 'watch' ? undefined : api.upload.watch.subscribe(undefined, {
    onData: (status) => useUploads.setState(({ uploads }) => ({ uploads: new Map(uploads).set(status.id, status) })),
    // The connection's loss is told by the show's own subscription.
    onError: () => undefined,
  })),
});
