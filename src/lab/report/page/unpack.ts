/** Reads what is packed into the page: base64 of deflated JSON in an element of its own. */
export async function unpack<T>(id: string): Promise<T> {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page holds nothing under ${id}`);
  const binary = atob(element.textContent ?? '');
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text()) as T;
}
