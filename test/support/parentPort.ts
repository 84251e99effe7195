// Gives a forked Node process the `process.parentPort` of an Electron utility process; to be loaded with --import.
if (process.send !== undefined) {
  Object.assign(process, {
    parentPort: {
      postMessage: (message: unknown) => process.send?.(message),
      on: (_event: 'message', listener: (event: { data: unknown }) => void) => process.on('message', (data) => listener({ data })),
    },
  });
  // A utility process ends with the application that it belongs to.
  process.on('disconnect', () => process.exit(0));
}
