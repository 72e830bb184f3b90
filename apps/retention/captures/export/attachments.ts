const KINDS: Readonly<Record<string, RegExp>> = {
  image: /^(?:jpe?g|png|gif|webp|heic|heif|bmp|tiff?)$/,
  video: /^(?:mp4|mov|3gp|avi|mkv|webm)$/,
  audio: /^(?:opus|m4a|mp3|aac|ogg|oga|wav|amr)$/,
  document: /^(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|txt|rtf|csv)$/,
  contact: /^vcf$/,
  archive: /^(?:zip|rar|7z|gz|tar)$/,
};

/** What is known of an attachment without keeping it: nothing but its kind where the file was not handed in. */
export interface Attached {
  readonly kind: string;
  readonly sha256?: string;
  readonly size?: number;
}

/** The kind of a file by its name: image, video, audio, document, contact, archive or other. */
export function kindOf(name: string): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.keys(KINDS).find((kind) => KINDS[kind]!.test(ending)) ?? 'other';
}
