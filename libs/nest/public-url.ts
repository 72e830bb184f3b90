/** Injection token of the address by which people reach the product, without a slash at its end; undefined where none is set. */
export const PUBLIC_URL = Symbol('PublicUrl');

/** The address in ROLLCALL_PUBLIC_URL. Throws a sentence on one that is none. */
export function publicUrl(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const text = env['ROLLCALL_PUBLIC_URL'];
  if (!text) return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash)
    throw new Error(
      'ROLLCALL_PUBLIC_URL is the http(s) address people reach Rollcall by, such as https://groups.example.org',
    );
  return url.href.replace(/\/+$/, '');
}
