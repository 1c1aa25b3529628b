/** 6,001 */
export const amount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** 0.42 ms, 5.1 ms, 240 ms, 1.2 s; a dash where nothing was measured. */
export function milliseconds(value: number): string {
  if (value <= 0) return '-';
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} ms`;
}

/** 26 %, and `<1 %` for what is little but not nothing. */
export function percent(share: number): string {
  return share > 0 && share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`;
}

/** Local time of day. */
export const clock = (at: number): string => new Date(at).toTimeString().slice(0, 8);

export const healthyWord = (healthy: boolean | undefined): string =>
  healthy === undefined ? 'nobody can tell' : healthy ? 'yes' : 'no';
