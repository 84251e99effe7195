// Sines as the program has them: interleaved stereo floats at 48 kHz.

/** `seconds` of a sine in both channels, or in the left one alone. @param dbfs level of its peak. */
export function stereoSine(hertz: number, dbfs: number, seconds: number, options: { readonly phase?: number; readonly leftOnly?: boolean } = {}): Float32Array {
  const samples = new Float32Array(Math.round(seconds * 48_000) * 2);
  const amplitude = 10 ** (dbfs / 20);
  for (let index = 0; index < samples.length / 2; index += 1) {
    const value = amplitude * Math.sin((2 * Math.PI * hertz * index) / 48_000 + (options.phase ?? 0));
    samples[index * 2] = value;
    if (options.leftOnly !== true) samples[index * 2 + 1] = value;
  }
  return samples;
}

export function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
