import { expect, test } from 'vitest';
import { joinLinkOf, readJoinLink, type JoinWish } from '../../../src/contract/joinLink.ts';

test.each<JoinWish>([
  { eventName: 'harbour-forum', destination: { kind: 'embedded' } },
  { eventName: 'a', destination: { kind: 'embedded', home: '/home/crew/live & co/ü' } },
  { eventName: 'A1', destination: { kind: 'arm', address: 'arm' } },
  { eventName: 'A1', destination: { kind: 'arm', address: 'arm:https://media.example/subscriptions/1/mediaservices/x' } },
])('what is written is read: %j', (wish) => {
  expect(readJoinLink(joinLinkOf(wish))).toEqual(wish);
});

test('the account of the sign-in where nothing else is said', () => {
  expect(readJoinLink('fieldcast://join/one')).toEqual({ eventName: 'one', destination: { kind: 'arm', address: 'arm' } });
});

test.each([
  'https://join/one', 'fieldcast://leave/one', 'fieldcast://join/', 'fieldcast://join/-one-', 'fieldcast://join/one/two', 'fieldcast://join/%ff',
  `fieldcast://join/${'a'.repeat(33)}`, 'fieldcast://join/one?to=rtmp://host/key', 'fieldcast://join/one?to=embedded:', 'fieldcast://join/one?to=embeddedx', 'no link',
])('%s is no link to join', (text) => expect(readJoinLink(text)).toBeUndefined());
