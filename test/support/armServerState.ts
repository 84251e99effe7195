// What the scripted Media Services API remembers, in the wire's own shapes.
import { randomUUID } from 'node:crypto';

export type ArmResource = {
  name: string;
  location?: string;
  tags?: Record<string, string> | null;
  properties: Record<string, unknown>;
};

export class ArmServerState {
  readonly events = new Map<string, ArmResource>();
  readonly outputs = new Map<string, ArmResource>();
  readonly assets = new Map<string, ArmResource>();
  readonly locators = new Map<string, ArmResource>();
  readonly endpoints = new Map<string, ArmResource>([
    ['default', { name: 'default', location: 'West Europe', properties: { resourceState: 'Stopped', hostName: 'acct-euwe.streaming.example.net', scaleUnits: 0 } }],
  ]);
  readonly operations = new Map<string, { pollsLeft: number; effect: () => void }>();
  streamingPaths: unknown[] = [];

  /** A new event from a PUT body, with the nulls and empty lists that the real service answers with. */
  newEvent(name: string, body: ArmResource): ArmResource {
    const input = (body.properties['input'] ?? {}) as Record<string, unknown>;
    const preview = (body.properties['preview'] ?? {}) as Record<string, unknown>;
    const event: ArmResource = {
      name,
      location: body.location ?? '',
      tags: body.tags ?? null,
      properties: {
        ...body.properties,
        provisioningState: 'Succeeded',
        created: '2018-03-03T02:25:06.0982751Z',
        input: { ...input, endpoints: null },
        preview: { ...preview, previewLocator: randomUUID(), endpoints: [] },
        crossSiteAccessPolicies: null,
        futureProperty: 'unknown to this SDK version',
      },
    };
    this.events.set(name, event);
    return event;
  }

  setState(event: ArmResource, state: string): void {
    event.properties['resourceState'] = state;
    event.properties['provisioningState'] = state === 'Creating' ? 'InProgress' : 'Succeeded';
  }

  run(event: ArmResource): void {
    this.setState(event, 'Running');
    const input = event.properties['input'] as Record<string, unknown>;
    const preview = event.properties['preview'] as Record<string, unknown>;
    const token = String(input['accessToken']);
    input['endpoints'] = [['rtmp', 1935], ['rtmp', 1936], ['rtmps', 2935], ['rtmps', 2936]].map(([scheme, port]) => ({
      protocol: 'RTMP', url: `${scheme}://${event.name}-acct-euwe.channel.example.net:${port}/live/${token}`,
    }));
    preview['endpoints'] = [{
      protocol: 'FragmentedMP4', url: `https://${event.name}-acct.preview-euwe.channel.example.net/${String(preview['previewLocator'])}/preview.ism/manifest`,
    }];
  }

  halt(event: ArmResource): void {
    this.setState(event, 'Stopped');
    for (const key of this.outputs.keys()) if (key.startsWith(`${event.name}/`)) this.outputs.delete(key);
    (event.properties['input'] as Record<string, unknown>)['endpoints'] = [];
    (event.properties['preview'] as Record<string, unknown>)['endpoints'] = [];
  }
}
