// What the desktop around this page tells and can do; in a browser there is none, and what needs it is not offered.
import { create } from 'zustand';
import { z } from 'zod';
import { permissionsSchema, shellNoticeSchema, updateStatusSchema, type MediaKind, type ShellRequest, type UpdateStatus } from '../contract/desktop.ts';

type Shell = {
  /** Somebody wants to quit while a show runs. */
  readonly quitAsked: boolean;
  readonly updates: UpdateStatus | undefined;
  readonly permissions: z.infer<typeof permissionsSchema> | undefined;
  /** A link that was opened, to join another instance. */
  readonly link: string | undefined;
};

export const useShell = create<Shell>(() => ({ quitAsked: false, updates: undefined, permissions: undefined, link: undefined }));

export const isDesktop = typeof window !== 'undefined' && window.fieldcast !== undefined;

async function ask(request: ShellRequest): Promise<unknown> {
  return await window.fieldcast?.ask(request);
}

/** Listens to the desktop; to be called once. */
export function followShell(): void {
  const bridge = window.fieldcast;
  if (bridge === undefined) return;
  bridge.onNotice((notice) => {
    const said = shellNoticeSchema.safeParse(notice).data;
    if (said?.type === 'quit-asked') {
      useShell.setState({ quitAsked: true });
      void ask({ ask: 'quit', answer: 'shown' });
    }
    if (said?.type === 'updates') useShell.setState({ updates: said.status });
    if (said?.type === 'link') useShell.setState({ link: said.link });
  });
  void ask({ ask: 'link' }).then((link) => useShell.setState({ link: z.string().safeParse(link).data }));
  void actOnUpdates('status');
  void lookAtPermissions();
}

/** The form was filled in from the link. */
export function forgetLink(): void {
  useShell.setState({ link: undefined });
}

export function answerQuit(answer: 'keep' | 'end'): void {
  useShell.setState({ quitAsked: false });
  void ask({ ask: 'quit', answer });
}

export async function actOnUpdates(act: 'status' | 'check' | 'download' | 'install'): Promise<void> {
  useShell.setState({ updates: updateStatusSchema.safeParse(await ask({ ask: 'updates', act })).data });
}

async function lookAtPermissions(): Promise<void> {
  useShell.setState({ permissions: permissionsSchema.safeParse(await ask({ ask: 'permissions' })).data });
}

export async function requestPermission(kind: MediaKind): Promise<void> {
  await ask({ ask: 'requestPermission', kind });
  await lookAtPermissions();
}

export async function openPermissionSettings(kind: MediaKind): Promise<void> {
  await ask({ ask: 'permissionSettings', kind });
}

/** A folder of the operator's choice; undefined where none was chosen. */
export async function chooseFolder(): Promise<string | undefined> {
  return z.string().safeParse(await ask({ ask: 'chooseFolder' })).data;
}

/** Files, or folders, of the operator's choice. */
export async function chooseFiles(folders: boolean): Promise<readonly string[]> {
  return z.array(z.string()).safeParse(await ask({ ask: 'chooseFiles', folders })).data ?? [];
}

/** Where a dropped file lies; undefined in a browser, which tells nobody. */
export function pathOf(file: File): string | undefined {
  const path = window.fieldcast?.pathOf(file);
  return path === undefined || path === '' ? undefined : path;
}

export function showInFolder(path: string): void {
  void ask({ ask: 'showInFolder', path });
}
