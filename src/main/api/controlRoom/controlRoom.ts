// The control room as its owner sees it: on or off, its address and fingerprint, codes, sessions. Off unless somebody switched it on.
import { hostname, networkInterfaces } from 'node:os';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { ControlRoomChoice, ControlRoomStatus, PairingCode, RemoteRole } from '../../../contract/controlRoom.ts';
import type { MediaRelay } from '../mediaRelay.ts';
import type { CallerSockets } from '../caller.ts';
import { controlRoomCertificate } from './certificate.ts';
import { listenOnLan, type LanListener } from './lanListener.ts';
import { PairingCodes } from './pairingCodes.ts';
import { RemoteSessions } from './remoteSessions.ts';
import { controlRoomFolder, readControlRoomChoice, writeControlRoomChoice } from './settingsFile.ts';

export type ControlRoomSettings = {
  /** FIELDCAST_HOME. */
  readonly home: string;
  readonly pageRoot: string | undefined;
  readonly sockets: CallerSockets;
  readonly relay: MediaRelay;
  /** Told whenever it begins or ends to listen. */
  readonly onChange?: ((listening: boolean) => void) | undefined;
  /** The interface to listen on; all of them by default. */
  readonly bind?: string | undefined;
};

export class ControlRoom {
  readonly #settings: ControlRoomSettings;
  readonly #sessions: RemoteSessions;
  readonly #codes = new PairingCodes();
  #choice: ControlRoomChoice;
  #listener: LanListener | undefined;
  #fingerprint: string | undefined;
  #failure: ControlRoomStatus['failure'];
  /** Switching is one after the other. */
  #work: Promise<void> = Promise.resolve();

  private constructor(settings: ControlRoomSettings, sessions: RemoteSessions, choice: ControlRoomChoice) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#choice = choice;
  }

  /** Listens at once where it was left switched on. */
  static async open(settings: ControlRoomSettings): Promise<ControlRoom> {
    const sessions = await RemoteSessions.open(controlRoomFolder(settings.home), Date.now());
    const room = new ControlRoom(settings, sessions, await readControlRoomChoice(settings.home));
    if (room.#choice.on) await room.#listen().catch(() => undefined);
    return room;
  }

  status(): ControlRoomStatus {
    const { presentSessions } = this.#settings.sockets;
    const port = this.#listener?.port;
    return {
      on: this.#choice.on,
      listening: port !== undefined,
      addresses: port === undefined ? [] : this.#addresses().map((address) => `https://${address}:${port}/`),
      ...(this.#fingerprint === undefined ? {} : { fingerprint: this.#fingerprint }),
      sessions: this.#sessions.list().map((one) => ({ ...one, isHere: presentSessions.has(one.id) })),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Switches it on or off, now and for later starts. @throws OperatorError CONTROL_ROOM_PORT. */
  async set(choice: ControlRoomChoice): Promise<ControlRoomStatus> {
    const before = this.#work;
    this.#work = this.#switch(choice, before);
    await this.#work;
    return this.status();
  }

  async #switch(choice: ControlRoomChoice, before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    await this.#end();
    this.#choice = choice;
    await writeControlRoomChoice(this.#settings.home, choice);
    if (choice.on) await this.#listen();
  }

  /** @throws OperatorError CONTROL_ROOM_OFF. */
  createCode(role: RemoteRole): PairingCode {
    if (this.#listener === undefined) {
      throw new OperatorError('CONTROL_ROOM_OFF', 'The control room does not listen, so no browser could use a code.', 'Switch it on first.');
    }
    return this.#codes.create(role, Date.now());
  }

  /** Its connections end at once. @throws OperatorError SESSION_UNKNOWN. */
  async revoke(id: string): Promise<void> {
    await this.#sessions.revoke(id);
    this.#settings.sockets.cut(id);
  }

  async close(): Promise<void> {
    await this.#end();
  }

  async #listen(): Promise<void> {
    const { home, pageRoot, sockets, relay } = this.#settings;
    try {
      const tls = await controlRoomCertificate(controlRoomFolder(home), this.#addresses());
      this.#fingerprint = tls.fingerprint;
      this.#listener = await listenOnLan({
        tls, pageRoot, sockets, relay,
        bind: this.#settings.bind ?? '0.0.0.0',
        port: this.#choice.port,
        // No foreign page can be served under the loopback names, so they are safe to answer.
        hosts: [...this.#addresses(), hostname(), `${hostname()}.local`, '127.0.0.1', 'localhost'],
        pair: async ({ code, name }, address) => {
          const role = this.#codes.redeem(code, address, Date.now());
          const { token } = await this.#sessions.create(name, role, Date.now());
          return { token, role };
        },
        find: (token) => this.#sessions.find(token, Date.now()),
      });
      this.#failure = undefined;
      this.#settings.onChange?.(true);
    } catch (error) {
      const failure = new OperatorError('CONTROL_ROOM_PORT', `The control room cannot listen on port ${this.#choice.port}: ${messageOf(error)}.`, 'Choose another port.');
      this.#failure = { code: failure.code, message: failure.message, action: failure.action };
      throw failure;
    }
  }

  async #end(): Promise<void> {
    this.#codes.clear();
    this.#settings.sockets.cut();
    this.#failure = undefined;
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
    if (listener !== undefined) this.#settings.onChange?.(false);
  }

  /** IPv4 addresses of this machine in its networks; the bound one where it is one. */
  #addresses(): readonly string[] {
    const { bind } = this.#settings;
    if (bind !== undefined) return [bind];
    return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((one) => one.family === 'IPv4' && !one.internal).map((one) => one.address));
  }
}
