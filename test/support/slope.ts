// The trend of measurements.

export type Point = { readonly x: number; readonly y: number };

/** Least-squares slope of y over x. */
export function slope(points: readonly Point[]): number {
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const meanY = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const top = points.reduce((sum, point) => sum + (point.x - meanX) * (point.y - meanY), 0);
  return top / points.reduce((sum, point) => sum + (point.x - meanX) ** 2, 0);
}
