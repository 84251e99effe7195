// A subscription that several parts of the page share: made once, made anew with another engine, ended with the last of them.
import { expect, test } from 'vitest';
import type { EngineClient } from '../../../src/main/api/client.ts';
import { followWhileLooked } from '../../../src/renderer/followWhileLooked.ts';
import { useApi } from '../../../src/renderer/showStore.ts';

test('one subscription for all who look, another for another engine, none where none may be, and none when nobody looks', () => {
  const said: string[] = [];
  const [first, second] = [{ name: 'first' }, { name: 'second' }] as unknown as [EngineClient, EngineClient];
  const follow = followWhileLooked({
    forget: () => said.push('forget'),
    begin: ({ api, role }) => {
      if (role === 'watch') return undefined;
      const { name } = api as unknown as { name: string };
      said.push(`begin ${name}`);
      return { unsubscribe: () => said.push(`end ${name}`) };
    },
  });
  useApi.setState({ api: first, role: 'owner' });
  const [one, other] = [follow(), follow()];
  expect(said.splice(0)).toEqual(['forget', 'begin first']);
  useApi.setState({ role: 'owner' });
  useApi.setState({ api: second });
  expect(said.splice(0)).toEqual(['end first', 'forget', 'begin second']);
  one();
  expect(said).toEqual([]);
  useApi.setState({ api: undefined });
  expect(said.splice(0)).toEqual(['end second', 'forget']);
  useApi.setState({ api: first, role: 'watch' });
  expect(said.splice(0)).toEqual(['forget']);
  other();
  useApi.setState({ api: second, role: 'owner' });
  expect(said).toEqual([]);
  const again = follow();
  expect(said.splice(0)).toEqual(['forget', 'begin second']);
  again();
  expect(said).toEqual(['end second']);
});
