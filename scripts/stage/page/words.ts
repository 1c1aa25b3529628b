// Numbers as people read them.

export const amount = (value: number): string => value.toLocaleString('en-US');
export const milliseconds = (value: number): string => {
  if (value <= 0) return '-';
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
};
