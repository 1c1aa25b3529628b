/** What a controller or a kubelet says of a node or a pod, as far as it is looked at. */
export interface Condition {
  type: string;
  status: string;
}

/** Whether a condition of that type is there, and True. Not there yet is as good as not true. */
export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
