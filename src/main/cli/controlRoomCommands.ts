// `fieldcast control-room …`: the interface for browsers of the local network, switched on and off, paired and revoked from a terminal.
import type { Command } from 'commander';
import { remoteRoleSchema, type ControlRoomStatus, type RemoteRole } from '../../contract/controlRoom.ts';
import { OperatorError } from '../../contract/errors.ts';
import { readControlRoomChoice, writeControlRoomChoice } from '../api/controlRoom/settingsFile.ts';
import { readDescriptor } from '../show/engineDescriptor.ts';
import { askRunning, type ControlSettings } from './controlCommands.ts';
import { EXIT_OK } from './exitCodes.ts';
import { print } from './machineCommands.ts';

export function registerControlRoomCommands(program: Command, { home, finish }: ControlSettings): void {
  const room = program.command('control-room').description('let browsers of the local network watch or operate the show (TLS, pairing codes)');
  const done = (lines: readonly string[]): void => {
    print([...lines]);
    finish(EXIT_OK);
  };
  room.command('on').description('listen on the local network, now and after each start')
    .option('--port <port>', 'TCP port')
    .action(async (options: { readonly port?: string }) => {
      const { port } = await readControlRoomChoice(home);
      done(await choose(home, true, options.port === undefined ? port : portOf(options.port)));
    });
  room.command('off').description('end every connection and listen no more')
    .action(async () => done(await choose(home, false, (await readControlRoomChoice(home)).port)));
  room.command('pair').description('make a code for one browser; it is used once and ends after five minutes')
    .option('--role <role>', 'watch | operate', 'watch')
    .action(async (options: { readonly role: string }) => {
      const role = roleOf(options.role);
      const { code, addresses, fingerprint } = await ask(home, async (api) => {
        const made = await api.controlRoom.pair.mutate({ role });
        return { ...made, ...await api.controlRoom.status.query() };
      });
      done([`code         ${code}   (${role}, five minutes)`, ...addresses.map((address) => `open         ${address}`), `fingerprint  ${fingerprint ?? ''}`]);
    });
  room.command('sessions').description('list the browsers that were paired')
    .action(async () => {
      const { sessions } = await ask(home, async (api) => api.controlRoom.status.query());
      done(sessions.length === 0 ? ['No browser is paired.'] : sessions.map((one) => `${one.id}  ${one.role.padEnd(7)}  ${one.isHere ? 'connected' : `last seen ${one.lastSeenUtc}`}  ${one.name}`));
    });
  room.command('revoke').description('end a browser’s session at once').argument('<session>', 'its id')
    .action(async (id: string) => {
      await ask(home, async (api) => api.controlRoom.revoke.mutate({ id }));
      done(['The session was revoked.']);
    });
}

/** Tells the engine that runs; where none does, the next one reads it from the home. */
async function choose(home: string, on: boolean, port: number): Promise<readonly string[]> {
  if (await readDescriptor(home) === undefined) {
    await writeControlRoomChoice(home, { on, port });
    return [on ? `The control room will listen on port ${port} when Fieldcast runs. If its window is open, switch it on there.` : 'The control room is off.'];
  }
  return statusLines(await askRunning(home, async (api) => api.controlRoom.set.mutate({ on, port })));
}

function statusLines({ on, addresses, fingerprint }: ControlRoomStatus): readonly string[] {
  if (!on) return ['The control room is off.'];
  return [...addresses.map((address) => `open         ${address}`), `fingerprint  ${fingerprint ?? ''}`, 'Make a code with `fieldcast control-room pair`.'];
}

async function ask<T>(home: string, request: Parameters<typeof askRunning<T>>[1]): Promise<T> {
  if (await readDescriptor(home) === undefined) {
    throw new OperatorError('CONTROL_ROOM_OFF', 'No Fieldcast with a control room runs in this home.', 'Start it, then `fieldcast control-room on`.');
  }
  return askRunning(home, request);
}

function roleOf(text: string): RemoteRole {
  const role = remoteRoleSchema.safeParse(text);
  if (role.success) return role.data;
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is no role.`, 'Give watch or operate.');
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text !== '') return port;
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is no port.`, 'Give a number from 1 to 65535.');
}
