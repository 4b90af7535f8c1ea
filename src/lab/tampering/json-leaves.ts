/** What differs between two texts of JSON: the paths of the leaves, as `[0].decision.fraud.maxScore`. */

/** Undefined where one of them is no JSON. A member or element that only one of them has is a leaf at its own path. */
export function changedLeaves(before: unknown, after: unknown): string[] | undefined {
  try {
    return difference(JSON.parse(String(before)), JSON.parse(String(after)), '');
  } catch {
    return undefined;
  }
}

function difference(before: unknown, after: unknown, path: string): string[] {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((each, i) => difference(each, after[i], `${path}[${i}]`));
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => difference(before[name], after[name], `${path}.${name}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
