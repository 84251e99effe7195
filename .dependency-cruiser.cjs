// The rooms of src/ and the only directions in which they may know each other (the table in docs/architecture.md).
const main = 'src/main/';
/** room → what it may import besides itself; node built-ins and the packages named in `packages` are separate. */
const rooms = {
  'src/contract': [],
  [`${main}rtmp`]: [],
  [`${main}durable`]: [],
  [`${main}media`]: ['src/contract'],
  [`${main}ffmpeg`]: ['src/contract', `${main}media`],
  [`${main}capture`]: ['src/contract', `${main}ffmpeg`, `${main}media`],
  [`${main}program`]: ['src/contract', `${main}capture`, `${main}media`],
  [`${main}encode`]: ['src/contract', `${main}ffmpeg`, `${main}media`, `${main}rtmp`],
  [`${main}publish`]: ['src/contract', `${main}rtmp`, `${main}media`],
  [`${main}record`]: ['src/contract', `${main}ffmpeg`, `${main}media`, `${main}durable`],
  [`${main}monitor`]: ['src/contract', `${main}media`],
  [`${main}health`]: ['src/contract'],
  [`${main}secrets`]: ['src/contract', `${main}durable`],
  [`${main}hosting`]: ['src/contract', `${main}secrets`],
  [`${main}cloud`]: ['src/contract', `${main}media`, `${main}secrets`, `${main}durable`],
  [`${main}upload`]: ['src/contract', `${main}cloud`, `${main}durable`],
  [`${main}transcode`]: ['src/contract', `${main}ffmpeg`, `${main}media`, `${main}capture/pictureFilter`],
  [`${main}service`]: ['src/contract', `${main}rtmp`, `${main}media`, `${main}durable`, `${main}ffmpeg`, `${main}transcode`],
  [`${main}show`]: [
    'src/contract', `${main}media`, `${main}ffmpeg`, `${main}capture`, `${main}program`,
    `${main}encode`, `${main}publish`, `${main}health`, `${main}record`, `${main}monitor`, `${main}cloud`, `${main}upload`, `${main}transcode`, `${main}secrets`, `${main}durable`,
  ],
  [`${main}page`]: [],
  [`${main}api`]: ['src/contract', `${main}show`, `${main}page`, `${main}durable`],
  [`${main}cli`]: [
    'src/contract', `${main}api/client`, `${main}api/controlRoom/settingsFile`, `${main}show/home`, `${main}show/engineDescriptor`, `${main}capture/sourceSpec`, `${main}encode/ladderText`,
    `${main}ffmpeg/install`, `${main}cloud/signIn`, `${main}secrets`,
  ],
  [`${main}shell`]: ['src/contract', `${main}api/client`, `${main}page`, `${main}secrets`],
  'src/preload': ['src/contract'],
  'src/renderer': ['src/contract', `${main}api/client`],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^electron$' } },
    {
      name: 'contract-knows-only-zod', severity: 'error',
      from: { path: '^src/contract/' }, to: { dependencyTypes: ['npm', 'core'], pathNot: 'node_modules/zod/' },
    },
    {
      name: 'electron-only-in-shell', severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main/shell/|main/index\\.ts|preload/)' }, to: { path: '(^|node_modules/)electron(/|$)' },
    },
    {
      name: 'codecs-have-no-sockets', severity: 'error',
      from: { path: '^src/main/(rtmp|media)/' }, to: { dependencyTypes: ['core'], path: '^(net|tls|http|https|http2|fs|child_process|worker_threads|dgram)(/|$)' },
    },
    {
      name: 'nobody-imports-an-entry', severity: 'error',
      from: { path: '^src/main/.+/' }, to: { path: '^src/main/[^/]+\\.ts$' },
    },
    { name: 'source-never-imports-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room.replace(/^src\/(main\/)?/, '')}`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: { path: '^src/', pathNot: [`^${room}/`, ...allowed.map((one) => `^${one}(/|\\.)`)] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js'] },
  },
};
