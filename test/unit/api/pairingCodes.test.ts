// Codes of the control room against guessing, reuse and age.
import { expect, test } from 'vitest';
import { PairingCodes } from '../../../src/main/api/controlRoom/pairingCodes.ts';

const NOW = 1_000_000;

test('a code works once, however it is typed, and gives the role it was made for', () => {
  const codes = new PairingCodes();
  const { code } = codes.create('operate', NOW);
  expect(code).toMatch(/^[2-9A-HJKMNP-TW-Z]{4}-[2-9A-HJKMNP-TW-Z]{4}$/);
  expect(codes.redeem(` ${code.toLowerCase().replace('-', ' ')} `, 'a', NOW)).toBe('operate');
  expect(() => codes.redeem(code, 'a', NOW)).toThrow('wrong, was used already, or has expired');
});

test('a code that is five minutes old is none', () => {
  const codes = new PairingCodes();
  const { code, expiresAtUtc } = codes.create('watch', NOW);
  expect(expiresAtUtc).toBe(new Date(NOW + 300_000).toISOString());
  expect(() => codes.redeem(code, 'a', NOW + 300_000)).toThrow('expired');
});

test('five wrong codes lock an address out, even for the right one, and longer each time; others are not locked', () => {
  const codes = new PairingCodes();
  const { code } = codes.create('watch', NOW);
  for (let miss = 0; miss < 5; miss += 1) expect(() => codes.redeem('AAAA-AAAA', 'guesser', NOW)).toThrow('wrong');
  expect(() => codes.redeem(code, 'guesser', NOW)).toThrow('too many wrong codes');
  expect(() => codes.redeem(code, 'guesser', NOW + 59_000)).toThrow('too many');
  expect(() => codes.redeem('AAAA-AAAA', 'guesser', NOW + 60_001)).toThrow('wrong');
  expect(() => codes.redeem(code, 'guesser', NOW + 60_001 + 119_000)).toThrow('too many');
  expect(codes.redeem(code, 'crew', NOW + 60_001)).toBe('watch');
});

test('guesses from many addresses end every open code', () => {
  const codes = new PairingCodes();
  const { code } = codes.create('watch', NOW);
  for (let guess = 0; guess < 30; guess += 1) expect(() => codes.redeem('AAAA-AAAA', `10.0.0.${guess}`, NOW)).toThrow('wrong');
  expect(() => codes.redeem(code, 'crew', NOW)).toThrow('wrong');
  expect(codes.redeem(codes.create('watch', NOW).code, 'crew', NOW)).toBe('watch');
});

test('many open codes push the oldest out', () => {
  const codes = new PairingCodes();
  const all = Array.from({ length: 9 }, () => codes.create('watch', NOW).code);
  expect(() => codes.redeem(all[0]!, 'a', NOW)).toThrow('wrong');
  expect(codes.redeem(all[1]!, 'a', NOW)).toBe('watch');
});
